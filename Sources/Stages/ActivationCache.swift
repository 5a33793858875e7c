import Basics
import Planning
import Synchronization

/// How a run keeps activations of frozen layers, and which of those in the store it has checked.
package final class ActivationCache: Sendable {
  /// Bytes that may be kept; 0 for none.
  let budget: Int
  private let usesAlways: Bool
  private let checked = Mutex<[Fingerprint: Content]>([:])

  /// What tells a file's content from an other of the same name; new links change the rest of its status.
  private struct Content: Hashable {
    let inode: UInt64
    let size: Int
    let modified: Int

    init(_ status: FileStatus) {
      (inode, size, modified) = (status.inode, status.size, status.modified)
    }
  }

  /// - Parameter usesAlways: also where it would not pay.
  package init(budget: Int = PrefixReuse.usualBudget, usesAlways: Bool = false) {
    self.budget = budget
    self.usesAlways = usesAlways
  }

  /// Whether a training works with kept activations; `nil` where it does not, or has no frozen layers.
  ///
  /// - Parameters:
  ///   - images: how many are trained on.
  ///   - measured: how many are measured meanwhile.
  func reuse(_ work: TrainWork, images: Int, measured: Int) -> PrefixReuse? {
    guard let reuse = PrefixReuse(work, images: images, measured: measured, budget: budget) else {
      return nil
    }
    return reuse.isUsed || usesAlways && reuse.obstacle == .gain ? reuse : nil
  }

  /// Whether this run has read all of a file, and found it whole.
  func isChecked(_ key: Fingerprint, _ status: FileStatus) -> Bool {
    checked.withLock { $0[key] == Content(status) }
  }

  func noteChecked(_ key: Fingerprint, _ status: FileStatus) {
    checked.withLock { $0[key] = Content(status) }
  }
}
