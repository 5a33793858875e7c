import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning

/// Runs `evaluate` stages: measures a trained network on a task's subset.
package struct EvaluateRunner: StageRunner {
  /// The name of the detailed results among the artifact's files.
  package static let resultsFile = "evaluation.json"

  private let device: any Device
  private let fileSystem: any FileSystem
  private let time: any TimeSource

  /// - Parameter device: what networks are computed on.
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
    let mean = try context.read(TrainRunner.meanFile, of: "network") {
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
    try context.read(TrainRunner.weightsFile, of: "network") {
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

    let speed = StageSpeed(images: tally.images, seconds: time.now - started)
    let score = try score(work, in: context)
    let file = context.workspace.appending(EvaluateRunner.resultsFile)
    try fileSystem.write(
      tally.value.adding(score).json(indented: true) + "\n", to: file)
    return StageProduct(
      files: [EvaluateRunner.resultsFile: file], metrics: tally.metrics.adding(score),
      provenance: try speed.added(to: device.provenance()))
  }

  /// What is added where the score is not the final accuracy: `score`, `score-rule`, and `selected-on`,
  /// the subset that chose which measurements count.
  private func score(_ work: EvaluateWork, in context: StageContext) throws -> [String: Value] {
    guard work.score != .final else { return [:] }
    let measurements = try context.read(TrainRunner.measurementsFile, of: "network") {
      try Validation.measurements(in: fileSystem.read($0))
    }
    guard let score = try work.score.score(on: work.subset, from: measurements) else { return [:] }
    var added: [String: Value] = [
      "score": .number(score), "score-rule": .string("\(work.score)"),
    ]
    if let selecting = work.score.selectingSubset {
      added["selected-on"] = .string(selecting.rawValue)
    }
    return added
  }
}

extension Value {
  /// A map with further entries.
  fileprivate func adding(_ entries: [String: Value]) -> Value {
    .map((asMap ?? [:]).merging(entries) { $1 })
  }
}
