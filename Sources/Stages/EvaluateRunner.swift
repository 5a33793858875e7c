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
  private let fileSystem: any FileSystem
  private let time: any TimeSource

  /// - Parameter device: creates networks.
  package init(
    device: any Device = ProcessorDevice(),
    fileSystem: any FileSystem = LocalFileSystem(), time: any TimeSource = SystemTimeSource()
  ) {
    self.device = device
    self.fileSystem = fileSystem
    self.time = time
  }

  package func run(
    _ work: EvaluateWork, of stage: PlannedStage, in context: StageContext
  ) throws -> StageProduct {
    let (dataset, examples) = try context.dataset { dataset in
      try dataset.examples(work.subset, classes: work.classes, holdOut: work.holdOut)
    }
    guard examples.count > 0 else {
      throw DiagnosticError(
        "the \(work.subset.rawValue) subset has no images of the task's classes")
    }
    let mean = try context.read(.mean, of: "network") {
      try MeanImage(Weights(contentsOf: $0))
    }
    guard mean.shape == dataset.shape else {
      throw DiagnosticError(
        "the network was trained on \(mean.shape) images, but these are \(dataset.shape)")
    }
    let assembler = try BatchAssembler(
      dataset: dataset, mean: mean, preprocessing: work.preprocessing, input: work.network.input)
    let batches = EvaluationBatches(
      examples: examples, assembler: assembler, batchSize: EvaluateWork.batch)
    let net = try device.makeNetwork(
      work.network, for: .inference, maximumBatch: min(EvaluateWork.batch, examples.count),
      threads: context.threads)
    context.warnOfMissingThreads(of: net)
    try context.read(.weights, of: "network") {
      try net.load(Weights(contentsOf: $0))
    }

    var tally = EvaluationTally(classes: work.classes)
    var batch = batches.makeBatch()
    let started = time.now
    for index in 0..<batches.count {
      if context.shouldStop() { throw Interrupted() }
      batches.fill(&batch, index: index)
      tally.add(net.evaluate(images: batch.filledImages, labels: batch.filledLabels))
      context.progress(
        StageProgress(
          completed: tally.images, total: examples.count, unit: "images",
          accuracy: tally.top1))
    }

    var result = tally.result
    result.score = try score(work, in: context)
    var provenance = StageProvenance(engine: try device.provenance())
    provenance.speed = StageSpeed(images: tally.images, seconds: time.now - started)
    let details = EvaluationDetails(result: result, classes: tally.classResults)
    let file = context.workspace.appending(EvaluationDetails.file.name)
    try fileSystem.write(details.contents, to: file)
    return StageProduct(
      files: [EvaluationDetails.file.name: file], metrics: result.metrics,
      provenance: provenance.value)
  }

  /// The score, if it is not the final accuracy.
  private func score(
    _ work: EvaluateWork, in context: StageContext
  ) throws -> EvaluationResult.Score? {
    guard work.score != .final else { return nil }
    let measurements = try context.read(Measurements.self, of: "network", from: fileSystem).all
    return try work.score.score(on: work.subset, from: measurements).map {
      EvaluationResult.Score(
        value: $0, rule: "\(work.score)", selectedOn: work.score.selectingSubset)
    }
  }
}
