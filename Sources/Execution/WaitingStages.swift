import ArtifactStore
import Basics

/// The stages of a run that other runs are computing.
struct WaitingStages {
  /// The run that computes each, by position in the plan. Stages remain until they end, so that each is reported
  /// once.
  private var told: [Int: ClaimHolder?] = [:]
  /// Stages that have not been found free since they were found taken.
  private var waiting: Set<Int> = []
  /// The processes that have been reported as stopped.
  private var stopped: Set<ProcessIdentity> = []

  var isEmpty: Bool { waiting.isEmpty }

  /// In plan order.
  var stages: [Int] { waiting.sorted() }

  /// Adds a stage that another run computes.
  ///
  /// - Returns: whether this has not been reported yet.
  mutating func insert(_ index: Int, _ holder: ClaimHolder?) -> Bool {
    waiting.insert(index)
    if let known = told[index], known == holder { return false }
    told[index] = .some(holder)
    return true
  }

  /// The runs waited for whose process has been stopped, once each: it neither computes nor gives anything up.
  mutating func newlyStopped() -> [ClaimHolder] {
    stages.compactMap { index in
      guard let holder = told[index] ?? nil, holder.process.isStopped,
        stopped.insert(holder.process).inserted
      else { return nil }
      return holder
    }
  }

  mutating func remove(_ index: Int) { told[index] = nil }

  /// Removes stages that are to be tried again.
  mutating func take(_ free: [Int]) -> [Int] {
    waiting.subtract(free)
    return free
  }
}
