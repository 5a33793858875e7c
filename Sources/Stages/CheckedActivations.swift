import Basics
import Synchronization

/// Which files of activations in the store a run has read, and found whole.
final class CheckedActivations: Sendable {
  private let files = Mutex<[Fingerprint: Content]>([:])

  /// What distinguishes a file's content from another of the same name; new links change the rest of its status.
  private struct Content: Hashable {
    let inode: UInt64
    let size: Int
    let modified: Int

    init(_ status: FileStatus) {
      (inode, size, modified) = (status.inode, status.size, status.modified)
    }
  }

  /// Whether all of a file was read, or written by this run.
  func contains(_ key: Fingerprint, _ status: FileStatus) -> Bool {
    files.withLock { $0[key] == Content(status) }
  }

  func insert(_ key: Fingerprint, _ status: FileStatus) {
    files.withLock { $0[key] = Content(status) }
  }
}
