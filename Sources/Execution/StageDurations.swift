import Planning

/// How long stages take, for putting them in order: seconds, or anything in proportion to them.
///
/// Where the price tells seconds, it is these. Others are reckoned by their operations, at the speed of those
/// whose seconds are known; where none are, the stages with operations take one unit on average. What has no
/// operations takes next to nothing, so that of chains that are otherwise alike the one of more stages is the
/// longer. Where nothing has a price, every stage counts the same.
struct StageDurations {
  private let seconds: [Double]

  private static let least = 1e-3

  /// - Parameter toRun: the positions of those that have to run.
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
