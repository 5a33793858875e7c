import ArtifactStore
import Basics
import Planning

/// Which stages of a run are done, which may start, and in what order: pure bookkeeping.
///
/// Of two stages with one fingerprint, the later in the plan waits for the earlier and reuses its
/// artifact.
struct RunQueue {
  let stages: [PlannedStage]
  private(set) var outcomes: [StageOutcome?]
  /// For each stage, those it waits for and those that wait for it.
  private let needs: [[Int]]
  private let dependents: [[Int]]
  /// How many of `needs` have no artifact yet.
  private var missing: [Int]
  /// How long the longest chain from here to the end takes, of stages that have to run.
  private var heights: [Double]
  private let durations: StageDurations
  /// Stages that may start.
  private var ready: Set<Int> = []
  /// Stages that have been taken and have not ended yet.
  private var taken: Set<Int> = []

  /// - Parameter available: the artifacts in the store, by position in the plan; their stages do not
  ///   run and wait for nothing.
  init(_ plan: Plan, available: [Int: StoredArtifact]) {
    stages = plan.stages
    outcomes = stages.indices.map { available[$0].map(StageOutcome.reused) }
    var positions: [String: Int] = [:]
    var firsts: [Fingerprint: Int] = [:]
    var needs: [[Int]] = []
    for (index, stage) in stages.enumerated() {
      var own = stage.inputs.map { input -> Int in
        guard let position = positions[input.stage] else {
          preconditionFailure("a plan holds every stage after its inputs")
        }
        return position
      }
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
    self.dependents = dependents
    self.heights = heights
    self.durations = durations
    missing = needs.map { $0.count { available[$0] == nil } }
    for index in stages.indices where available[index] == nil && missing[index] == 0 {
      ready.insert(index)
    }
  }

  /// How many stages may start now.
  ///
  /// - Parameter memory: bytes that one may take; `nil` for any.
  func readyCount(within memory: Int?) -> Int { ready(within: memory).count }

  /// Takes the stage that should start next: the one with the longest chain of stages after it, and of
  /// these the first in the plan.
  ///
  /// - Parameter memory: bytes that it may take; `nil` for any. A stage that does not fit waits while others
  ///   are taken: there is an end to them.
  mutating func takeNext(within memory: Int? = nil) -> Int? {
    let fitting = ready(within: memory)
    guard let next = fitting.min(by: { (-heights[$0], $0) < (-heights[$1], $1) }) else {
      return nil
    }
    ready.remove(next)
    taken.insert(next)
    return next
  }

  /// Returns a stage that was taken and could not start: it may be taken again once its inputs are there.
  mutating func putBack(_ index: Int) {
    taken.remove(index)
    if missing[index] == 0, outcomes[index] == nil { ready.insert(index) }
  }

  /// Finished stages that share a fingerprint with one of these.
  func finished(like indices: some Sequence<Int>) -> [Int] {
    let fingerprints = Set(indices.map { stages[$0].fingerprint })
    return stages.indices.filter {
      outcomes[$0]?.artifact != nil && fingerprints.contains(stages[$0].fingerprint)
    }
  }

  /// Forgets how finished stages ended, so that they run again before whatever reads them.
  ///
  /// - Returns: the stages that have an outcome now in place of it, since what they read themselves is
  ///   not to be had.
  mutating func reopen(_ indices: [Int]) -> [Int] {
    for index in indices { outcomes[index] = nil }
    for index in indices {
      for dependent in dependents[index] {
        missing[dependent] += 1
        ready.remove(dependent)
      }
    }
    var ended: [Int] = []
    for index in indices.sorted() {
      heights[index] = durations[index] + (dependents[index].map { heights[$0] }.max() ?? 0)
      missing[index] = needs[index].count { outcomes[$0]?.artifact == nil }
      let lost = needs[index].first { need in
        outcomes[need].map { $0.artifact == nil } ?? false
      }
      if let lost {
        var blocker = stages[lost].name
        if case .skipped(let earlier) = outcomes[lost] { blocker = earlier }
        outcomes[index] = .skipped(blockedBy: blocker)
        ended += [index] + skipDependents(of: index, blockedBy: blocker)
      } else if missing[index] == 0 {
        ready.insert(index)
      }
    }
    return ended
  }

  /// The position of the stage that makes an input.
  func source(ofRole role: String, of index: Int) -> Int? {
    guard let input = stages[index].inputs.first(where: { $0.role == role }) else { return nil }
    return needs[index].first { stages[$0].name == input.stage }
  }

  private func ready(within memory: Int?) -> Set<Int> {
    guard let memory else { return ready }
    var fitting: Set<Int> = []
    for index in ready where stages[index].cost?.memory ?? 0 <= memory { fitting.insert(index) }
    return fitting
  }

  /// An artifact of the same fingerprint that this run has already.
  func twin(of index: Int) -> StoredArtifact? {
    for need in needs[index] where stages[need].fingerprint == stages[index].fingerprint {
      return outcomes[need]?.artifact
    }
    return nil
  }

  /// The artifacts that a stage reads, by role.
  func inputs(of index: Int) -> [String: StoredArtifact] {
    var inputs: [String: StoredArtifact] = [:]
    for input in stages[index].inputs {
      let made = needs[index].first { stages[$0].name == input.stage }
      guard let made, let artifact = outcomes[made]?.artifact else {
        preconditionFailure("a stage starts when its inputs are there")
      }
      inputs[input.role] = artifact
    }
    return inputs
  }

  /// Notes how a stage ended, and with it those that cannot start any more.
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
          ready.insert(dependent)
        }
      }
      return [index]
    case .failed:
      return [index] + skipDependents(of: index, blockedBy: stages[index].name)
    case .skipped, .stopped, .notStarted:
      return [index]
    }
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

  /// Notes that the run ends before the turn of those that have no outcome yet.
  mutating func finishRest() -> [Int] {
    let rest = outcomes.indices.filter { outcomes[$0] == nil }
    for index in rest { outcomes[index] = .notStarted }
    ready = []
    return rest
  }
}
