import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// Runs `evaluate` stages: measures a trained network on a subset of a task.
package struct EvaluateRunner: StageRunner {
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
    _ work: EvaluateWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    try work.data.withImages { try evaluate(work, of: stage, in: context) }
  }

  private func evaluate(
    _ work: EvaluateWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let (dataset, examples) = try context.dataset(of: work.data) { dataset in
      try dataset.examples(work.subset, classes: work.classes, holdOut: work.holdOut)
    }
    guard examples.count > 0 else {
      throw DiagnosticError(
        "the \(work.subset.rawValue) subset has no images of the task's classes")
    }
    let mean = try context.mean(of: work.trained)
    let threads = context.threads(
      for: stage.cost, batch: min(EvaluateWork.batch, examples.count))
    let scoring = try Scoring(
      work, examples, of: dataset, mean: mean, on: device, threads: threads)
    context.warnOfMissingThreads(of: scoring.network, wanted: threads)
    try context.read(.weights, of: work.trained) {
      try scoring.network.load(Weights(contentsOf: $0, on: context.fileSystem))
    }

    var tally = EvaluationTally(classes: work.classes, countsConfusion: work.countsConfusion)
    let started = time.now
    try scoring.forEachBatch(unless: context.stop) { batch in
      tally.add(batch)
      context.progress(
        StageProgress(
          completed: tally.images, total: scoring.images, unit: "images", accuracy: tally.top1))
    }

    var result = tally.result
    result.score = try score(work, in: context)
    var provenance = StageProvenance(engine: try device.provenance())
    provenance.speed = StageSpeed(images: tally.images, seconds: time.now - started)
    let details = EvaluationDetails(result: result, classes: tally.classResults)
    let file = context.workspace.appending(EvaluationDetails.file.name)
    try context.fileSystem.draft(details.contents, at: file)
    return StageProduct(
      files: [EvaluationDetails.file.name: file], metrics: result.metrics,
      provenance: provenance.value)
  }

  /// The score, if it is not the final accuracy.
  private func score(
    _ work: EvaluateWork, in context: StageContext
  ) throws -> EvaluationResult.Score? {
    guard work.score != .final else { return nil }
    let measurements = try context.read(Measurements.self, of: work.trained).all
    return try work.score.score(on: work.subset, from: measurements).map {
      EvaluationResult.Score(
        value: $0, rule: "\(work.score)", selectedOn: work.score.selectingSubset)
    }
  }
}
