import ArtifactStore
import Basics
import Planning

/// Which stages of a run are done, which may start, and in which order; no side effects.
///
/// Of two stages with the same fingerprint, the later one in the plan waits for the earlier one and reuses its
/// artifact.
struct RunQueue {
  let stages: [PlannedStage]
  private(set) var outcomes: [StageOutcome?]
  /// For each stage, the stages it waits for and those that wait for it.
  private let needs: [[Int]]
  /// For each stage, the stages that produce its inputs, in the order of the inputs.
  private let sources: [[Int]]
  private let dependents: [[Int]]
  /// The number of `needs` that have no artifact yet.
  private var missing: [Int]
  /// The duration of the longest chain from a stage to the end, counting stages that have to run.
  private var heights: [Double]
  private let durations: StageDurations
  /// Stages that may start, the one with the longest remaining chain last; of equals, the first in the plan.
  private var ready: [Int] = []
  /// Stages that have been handed out and have not ended.
  private var taken: Set<Int> = []
  /// The only stages that are handed out; `nil` for all.
  var chosen: Set<Int>?

  /// - Parameters:
  ///   - available: the artifacts in the store, by position in the plan; their stages do not run and wait for nothing.
  ///   - ended: the outcomes of stages that have ended in this run, by position; those with an artifact are also
  ///     available, and what depends on the others is skipped.
  init(
    _ plan: Plan, available: [Int: StoredArtifact], ended: [Int: StageOutcome] = [:]
  ) {
    stages = plan.stages
    outcomes = stages.indices.map { ended[$0] ?? available[$0].map(StageOutcome.reused) }
    var positions: [String: Int] = [:]
    var firsts: [Fingerprint: Int] = [:]
    var needs: [[Int]] = []
    var sources: [[Int]] = []
    for (index, stage) in stages.enumerated() {
      var own = stage.inputs.map { input -> Int in
        guard let position = positions[input.stage] else {
          preconditionFailure("a plan holds every stage after its inputs")
        }
        return position
      }
      sources.append(own)
      if let first = firsts[stage.fingerprint] { own.append(first) }
      needs.append(Array(Set(own)).sorted())
      positions[stage.name] = index
      firsts[stage.fingerprint] = firsts[stage.fingerprint] ?? index
    }
    var dependents = [[Int]](repeating: [], count: stages.count)
    for (index, own) in needs.enumerated() {
      for need in own { dependents[need].append(index) }
    }
    let durations = StageDurations(
      of: stages, toRun: stages.indices.filter { available[$0] == nil })
    var heights = [Double](repeating: 0, count: stages.count)
    for index in stages.indices.reversed() where available[index] == nil {
      heights[index] = durations[index] + (dependents[index].map { heights[$0] }.max() ?? 0)
    }
    self.needs = needs
    self.sources = sources
    self.dependents = dependents
    self.heights = heights
    self.durations = durations
    missing = needs.map { $0.count { available[$0] == nil } }
    ready = stages.indices.filter { available[$0] == nil && missing[$0] == 0 }
    ready = ready.sorted { isBefore($1, $0) }
    for (index, outcome) in ended where outcome.artifact == nil {
      ready.removeAll { $0 == index }
      _ = finish(index, outcome)
    }
  }

  /// Whether a stage has failed.
  var hasFailed: Bool {
    outcomes.contains { if case .failed = $0 { true } else { false } }
  }

  /// Whether a stage starts before another one, if both may.
  private func isBefore(_ first: Int, _ second: Int) -> Bool {
    (-heights[first], first) < (-heights[second], second)
  }

  private mutating func addReady(_ index: Int) {
    var (low, high) = (0, ready.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(index, ready[middle]) { low = middle + 1 } else { high = middle }
    }
    if low == ready.count || ready[low] != index { ready.insert(index, at: low) }
  }

  /// The number of stages that may start now.
  ///
  /// - Parameter memory: the memory in bytes that one may use; `nil` for no limit.
  func readyCount(within memory: Int?) -> Int { ready.count { fits($0, memory) } }

  /// Hands out the stage that should start next: the one with the longest remaining chain; ties go to the first in
  /// the plan.
  ///
  /// - Parameters:
  ///   - memory: the memory in bytes that it may use; `nil` for no limit. A stage that does not fit waits
  ///     while others are handed out, which ends eventually.
  ///   - publishing: stages whose results are being written. What waits only for them, and should start earlier, is
  ///     worth waiting for.
  mutating func takeNext(within memory: Int? = nil, publishing: [Int] = []) -> Int? {
    guard let position = ready.lastIndex(where: { fits($0, memory) }) else { return nil }
    for dependent in Set(publishing.flatMap { dependents[$0] })
    where outcomes[dependent] == nil && isBefore(dependent, ready[position])
      && missing[dependent] == needs[dependent].count(where: publishing.contains)
    {
      return nil
    }
    let next = ready.remove(at: position)
    taken.insert(next)
    return next
  }

  /// Returns a stage that could not start: it may be handed out again once its inputs are available.
  mutating func putBack(_ index: Int) {
    taken.remove(index)
    if missing[index] == 0, outcomes[index] == nil { addReady(index) }
  }

  /// Finished stages that share a fingerprint with one of these.
  func finished(like indices: some Sequence<Int>) -> [Int] {
    let fingerprints = Set(indices.map { stages[$0].fingerprint })
    return stages.indices.filter {
      outcomes[$0]?.artifact != nil && fingerprints.contains(stages[$0].fingerprint)
    }
  }

  /// Discards the outcomes of finished stages, so that they run again before the stages that read them.
  ///
  /// - Returns: the stages that now have a different outcome, since their own inputs are unavailable.
  mutating func reopen(_ indices: [Int]) -> [Int] {
    let indices = Set(indices).sorted()
    for index in indices { outcomes[index] = nil }
    for dependent in Set(indices.flatMap { dependents[$0] }) {
      missing[dependent] = missingNeeds(of: dependent)
      ready.removeAll { $0 == dependent }
    }
    for index in indices.reversed() {
      heights[index] = durations[index] + (dependents[index].map { heights[$0] }.max() ?? 0)
    }
    // A stage that is ready may be higher now.
    ready = ready.sorted { isBefore($1, $0) }
    var ended: [Int] = []
    // One of them may have been skipped with an earlier one.
    for index in indices where outcomes[index] == nil {
      missing[index] = missingNeeds(of: index)
      let lost = needs[index].first { need in
        outcomes[need].map { $0.artifact == nil } ?? false
      }
      if let lost {
        var blocker = stages[lost].name
        if case .skipped(let earlier) = outcomes[lost] { blocker = earlier }
        outcomes[index] = .skipped(blockedBy: blocker)
        ended += [index] + skipDependents(of: index, blockedBy: blocker)
      } else if missing[index] == 0 {
        addReady(index)
      }
    }
    return ended
  }

  private func missingNeeds(of index: Int) -> Int {
    needs[index].count { outcomes[$0]?.artifact == nil }
  }

  /// The position of the stage that produces an input.
  func source(ofRole role: String, of index: Int) -> Int? {
    zip(stages[index].inputs, sources[index]).first { $0.0.role == role }?.1
  }

  /// Whether a stage is handed out, and takes at most this much memory.
  private func fits(_ index: Int, _ memory: Int?) -> Bool {
    guard chosen?.contains(index) ?? true else { return false }
    return memory.map { stages[index].cost?.memory ?? 0 <= $0 } ?? true
  }

  /// An artifact with the same fingerprint that this run already has.
  func twin(of index: Int) -> StoredArtifact? {
    for need in needs[index] where stages[need].fingerprint == stages[index].fingerprint {
      return outcomes[need]?.artifact
    }
    return nil
  }

  /// The artifacts that a stage reads, by role.
  func inputs(of index: Int) -> [String: StoredArtifact] {
    var inputs: [String: StoredArtifact] = [:]
    for (input, source) in zip(stages[index].inputs, sources[index]) {
      guard let artifact = outcomes[source]?.artifact else {
        preconditionFailure("a stage starts when its inputs are there")
      }
      inputs[input.role] = artifact
    }
    return inputs
  }

  /// Records the outcome of a stage, and of those that can no longer start.
  ///
  /// - Returns: the stages that have an outcome now and had none before.
  mutating func finish(_ index: Int, _ outcome: StageOutcome) -> [Int] {
    outcomes[index] = outcome
    taken.remove(index)
    switch outcome {
    case .reused, .produced:
      for dependent in dependents[index] {
        missing[dependent] -= 1
        if missing[dependent] == 0, outcomes[dependent] == nil, !taken.contains(dependent) {
          addReady(dependent)
        }
      }
      return [index]
    case .failed:
      return [index] + skipDependents(of: index, blockedBy: stages[index].name)
    case .skipped, .stopped, .notStarted:
      return [index]
    }
  }

  /// Leaves a stage without an artifact to other runs: it does not start here, and neither does what depends on it.
  ///
  /// - Returns: the stages that have an outcome now and had none before.
  mutating func leave(_ index: Int) -> [Int] {
    guard outcomes[index] == nil else { return [] }
    outcomes[index] = .notStarted
    ready.removeAll { $0 == index }
    return [index] + skipDependents(of: index, blockedBy: stages[index].name)
  }

  private mutating func skipDependents(of failed: Int, blockedBy blocker: String) -> [Int] {
    var reached: Set<Int> = []
    var open = dependents[failed]
    while let index = open.popLast() {
      guard outcomes[index] == nil, reached.insert(index).inserted else { continue }
      outcomes[index] = .skipped(blockedBy: blocker)
      open += dependents[index]
    }
    return reached.sorted()
  }

  /// Records that the run ends before the remaining stages start.
  mutating func finishRest() -> [Int] {
    let rest = outcomes.indices.filter { outcomes[$0] == nil }
    for index in rest { outcomes[index] = .notStarted }
    ready = []
    return rest
  }
}
