import ArtifactStore

/// The stages of a run that other runs compute at the moment.
struct WaitingStages {
  /// Who computes each, by position in the plan; stages stay until they end, so that each is told once.
  private var told: [Int: ClaimHolder?] = [:]
  /// Those that have not been looked at since they were found taken.
  private var waiting: Set<Int> = []
  private var isLooking = false

  /// Takes a stage that another run computes.
  ///
  /// - Returns: whether this is news.
  mutating func insert(_ index: Int, _ holder: ClaimHolder?) -> Bool {
    waiting.insert(index)
    if let known = told[index], known == holder { return false }
    told[index] = .some(holder)
    return true
  }

  mutating func remove(_ index: Int) { told[index] = nil }

  /// The stages to look at, unless somebody does already.
  mutating func takeForLook() -> [Int]? {
    guard !isLooking, !waiting.isEmpty else { return nil }
    isLooking = true
    return waiting.sorted()
  }

  /// Notes the end of a look.
  ///
  /// - Parameter free: the stages that are to be tried again.
  mutating func endLook(_ free: [Int]) {
    isLooking = false
    waiting.subtract(free)
  }
}
