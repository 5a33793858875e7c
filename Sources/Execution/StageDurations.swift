import Planning

/// Estimated durations of stages, for ordering them: seconds, or values proportional to seconds.
///
/// Estimates in seconds are used as they are. Other durations are derived from operations, at the speed of the stages
/// with known seconds; if there are none, stages with operations take one unit on average. A stage without operations
/// takes almost nothing, so that of otherwise equal chains, the one with more stages is longer. Without any
/// estimates, all stages count the same.
struct StageDurations {
  private let seconds: [Double]

  private static let least = 1e-3

  /// - Parameter toRun: the positions of the stages that have to run.
  init(of stages: [PlannedStage], toRun: [Int]) {
    let costs = toRun.compactMap { stages[$0].cost }
    guard costs.contains(where: { $0.seconds != nil || $0.flops != nil }) else {
      seconds = stages.map { _ in 1 }
      return
    }
    let timed = costs.filter { $0.seconds != nil && $0.flops != nil }
    let counted = costs.filter { $0.flops != nil }
    let total = timed.reduce((seconds: 0.0, flops: 0.0)) {
      ($0.seconds + ($1.seconds ?? 0), $0.flops + ($1.flops ?? 0))
    }
    let all = counted.reduce(0) { $0 + ($1.flops ?? 0) }
    let perFlop: Double =
      total.flops > 0
      ? total.seconds / total.flops : all > 0 ? Double(counted.count) / all : 0
    seconds = stages.map { stage in
      StageDurations.least + (stage.cost?.seconds ?? (stage.cost?.flops ?? 0) * perFlop)
    }
  }

  subscript(index: Int) -> Double { seconds[index] }
}
