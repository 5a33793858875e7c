import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// Runs `barrier` stages: measures the networks on the line between two trained ones.
package struct BarrierRunner: StageRunner {
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
    _ work: BarrierWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let (first, firstMean) = (try context.weights(of: work.first), try context.mean(of: work.first))
    let (second, secondMean) = (
      try context.weights(of: work.second), try context.mean(of: work.second)
    )
    guard firstMean.shape == secondMean.shape else {
      throw DiagnosticError(
        "the networks were trained on images of different sizes: \(firstMean.shape) and "
          + "\(secondMean.shape)")
    }
    let parameters = try work.trial.training.network.parameters()
    var trial = try WeightsTrial(work.trial, on: device, time: time, in: context)
    var points: [BarrierResult.Point] = []
    for index in 0..<work.points {
      let position = Double(index) / Double(work.points - 1)
      /// Exact at both ends.
      func between(_ own: [Float], _ others: [Float]) -> [Float] {
        zip(own, others).map { Float((1 - position) * Double($0) + position * Double($1)) }
      }
      var weights = Weights()
      try weights.copy(parameters) {
        between(try first.values(for: $0), try second.values(for: $0))
      }
      let mean = MeanImage(
        shape: firstMean.shape, values: between(firstMean.values, secondMean.values))
      let score = try trial.measure(weights, mean: mean, unless: context.stop)
      points.append(.init(position: position, score: score))
      context.progress(
        StageProgress(
          completed: points.count, total: work.points, unit: "networks", loss: score.loss,
          accuracy: score.top1))
    }
    guard let result = BarrierResult(points) else {
      preconditionFailure("a line has two ends and networks between them")
    }
    var provenance = StageProvenance(engine: try device.provenance())
    if work.trial.trainingData == nil { provenance.speed = trial.speed }
    return StageProduct(files: [:], metrics: result.metrics, provenance: provenance.value)
  }
}
