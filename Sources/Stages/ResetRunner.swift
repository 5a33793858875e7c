import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// Runs `reset` stages: measures a trained network with each of its layers put back.
package struct ResetRunner: StageRunner {
  private let device: any Device
  private let time: any TimeSource

  /// - Parameter device: creates networks.
  package init(
    device: any Device = ProcessorDevice(),
    time: any TimeSource = SystemTimeSource()
  ) {
    self.device = device
    self.time = time
  }

  package func run(
    _ work: ResetWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let training = work.trial.training
    let mean = try context.mean(of: work.trained)
    let trained = try context.weights(of: work.trained)
    var trial = try WeightsTrial(work.trial, on: device, time: time, in: context)
    var done = 0
    func measure(_ weights: Weights, keepsStatistics: Bool = false) throws -> TrialScore {
      let score = try trial.measure(
        weights, mean: mean, keepsStatistics: keepsStatistics, unless: context.stop)
      done += 1
      context.progress(
        StageProgress(
          completed: done, total: work.trials, unit: "networks", accuracy: score.top1))
      return score
    }

    var result = ResetResult(trained: try measure(trained, keepsStatistics: true), layers: [])
    result.layers = work.layers.map { ResetResult.Layer(name: $0) }
    let parameters = try training.network.parameters().filter { $0.role != .statistic }
    /// The scores with each layer's parameters taken from other weights.
    func scores(with others: Weights) throws -> [TrialScore] {
      try result.layers.map { layer in
        var weights = trained
        try weights.copy(parameters.filter { $0.layer == layer.name }) {
          try others.values(for: $0)
        }
        return try measure(weights)
      }
    }
    if work.targets.contains(.initial) {
      let initial = try StartingWeights(of: training, in: context).values
      for (index, score) in try scores(with: initial).enumerated() {
        result.layers[index].initial = score
      }
    }
    for draw in 0..<(work.targets.contains(.random) ? work.draws : 0) {
      let stream = RandomStream(seed: work.seed).stream(for: "reset").stream(for: "\(draw)")
      let others = try StartingWeights.others(of: training, stream: stream, in: context)
      for (index, score) in try scores(with: others).enumerated() {
        result.layers[index].random.append(score)
      }
    }
    var provenance = StageProvenance(engine: try device.provenance())
    if work.trial.trainingData == nil { provenance.speed = trial.speed }
    return StageProduct(files: [:], metrics: result.metrics, provenance: provenance.value)
  }
}
