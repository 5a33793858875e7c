import ArtifactStore

/// The stages of a run that other runs compute at the moment.
struct WaitingStages {
  /// Who computes each, by position in the plan; stages stay until they end, so that each is told once.
  private var told: [Int: ClaimHolder?] = [:]
  /// Those that have not been found free since they were found taken.
  private var waiting: Set<Int> = []

  var isEmpty: Bool { waiting.isEmpty }

  /// In the plan's order.
  var stages: [Int] { waiting.sorted() }

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

  /// Lets stages go that are to be tried again.
  mutating func take(_ free: [Int]) -> [Int] {
    waiting.subtract(free)
    return free
  }
}
