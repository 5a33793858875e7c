import Basics

/// Cached activations in the store that a run has verified.
final class CheckedActivations: Sendable {
  private let files = Guarded<[Fingerprint: Content]>([:])

  /// Distinguishes the content of a file from others of the same name; new links change the rest of its status.
  private struct Content: Hashable {
    let inode: UInt64
    let size: Int
    let modified: Int

    init(_ status: FileStatus) {
      (inode, size, modified) = (status.inode, status.size, status.modified)
    }
  }

  /// Whether a file was verified or written by this run.
  func contains(_ key: Fingerprint, _ status: FileStatus) -> Bool {
    files.withLock { $0[key] == Content(status) }
  }

  func insert(_ key: Fingerprint, _ status: FileStatus) {
    files.withLock { $0[key] = Content(status) }
  }
}
