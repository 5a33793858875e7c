import Basics
import Planning

/// What a stage takes on a cluster, by the plan's estimates.
package struct StageLoad: Hashable, Sendable {
  /// Its position in the plan.
  package var position: Int
  /// Processor seconds: its time on one processor.
  package var work: Double
  /// In bytes.
  package var memory: Int
  /// The positions of those of its inputs that are to be computed as well.
  package var needs: [Int]
  /// Whether the work was measured, or assumed because the plan has no time.
  package var isMeasured: Bool

  package init(
    position: Int, work: Double, memory: Int = 0, needs: [Int] = [], isMeasured: Bool = true
  ) {
    self.position = position
    self.work = work
    self.memory = memory
    self.needs = needs
    self.isMeasured = isMeasured
  }
}

extension StageLoad {
  /// The speed of one processor that is assumed where none was measured, in operations per second: a quarter of what a
  /// processor with AVX-512 does in CaffeNet.
  package static let assumedSpeed = 5e10
  /// The bytes of packed images that are assumed to be written per second, and the time where their size is not known
  /// and for what has no price, in seconds.
  static let assumedPacking = 1e7
  static let assumedPreparing = 600.0
  static let assumedRest = 10.0
  /// What every stage takes besides, in seconds: making the network, reading, writing results to a shared disk.
  static let besides = 0.5

  /// The loads of stages of a plan.
  ///
  /// - Parameter positions: the stages to be computed.
  package static func loads(of plan: Plan, at positions: [Int]) -> [StageLoad] {
    let wanted = Set(positions)
    let places = Dictionary(
      plan.stages.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    return positions.sorted().map { position in
      let stage = plan.stages[position]
      var load = StageLoad(
        position: position, work: assumedRest, memory: stage.cost?.memory ?? 0,
        needs: Set(stage.inputs.compactMap { places[$0.stage] }.filter(wanted.contains)).sorted(),
        isMeasured: false)
      if let cost = stage.cost {
        if let seconds = cost.seconds {
          load.work = besides + seconds * Double(cost.threads ?? 1)
          load.isMeasured = true
        } else if let flops = cost.flops {
          load.work = besides + flops / assumedSpeed
        } else if cost.takesTime {
          load.work =
            cost.disk.map { assumedRest + Double($0) / assumedPacking } ?? assumedPreparing
        }
      }
      return load
    }
  }
}
