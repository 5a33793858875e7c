import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// Measures a network with weights other than those that its training ended with, one set after the other.
struct WeightsTrial {
  private let work: TrainWork
  private let net: any TrainableNetwork
  /// Images per batch.
  private let batch: Int
  private let measured: (dataset: PackedDataset, examples: Examples)
  /// The images on which statistics of batch norms are measured; `nil` if they are not.
  private let training: (dataset: PackedDataset, examples: Examples)?
  /// The stages that packed them.
  private let data: StageInput
  private let trainingData: StageInput?
  private var inputs: Inputs?
  /// The images and the time of all measurements so far, without those of statistics.
  private(set) var speed = StageSpeed()
  private let time: any TimeSource

  /// The batches from which a mean is subtracted.
  private struct Inputs {
    var mean: MeanImage
    var measured: EvaluationBatches
    var training: TrainingBatches?
  }

  /// - Parameter device: creates the network.
  /// - Throws: `DiagnosticError` where there are no images, or memory is short; `UnusableInput`.
  init(
    _ trial: Trial, on device: any Device, time: any TimeSource, in context: StageContext
  ) throws {
    work = trial.training
    data = trial.data
    trainingData = trial.trainingData
    self.time = time
    measured = try context.dataset(of: trial.data) { dataset in
      try dataset.examples(trial.subset, classes: trial.classes, holdOut: trial.holdOut)
    }
    guard measured.examples.count > 0 else {
      throw DiagnosticError(
        "the \(trial.subset.rawValue) subset has no images of the task's classes")
    }
    var purpose = NetworkPurpose.inference
    if let input = trial.trainingData {
      let work = work
      let (dataset, all) = try context.dataset(of: input) { dataset in
        try dataset.examples(.train, classes: work.classes, holdOut: work.holdOut)
      }
      let examples = work.limit.map { all.limited(by: $0, classes: work.classes) } ?? all
      guard examples.count > 0 else {
        throw DiagnosticError("there are no training images of the task's classes")
      }
      training = (dataset, examples)
      batch = min(work.solver.imagesAtOnce, examples.count)
      // The statistics of layers that learn are those that are measured.
      purpose = .training(
        work.layers.map { LayerTreatment(layer: $0.layer, verb: .initialize) }, work.solver,
        stream: work.stream.stream(for: "train"))
    } else {
      training = nil
      batch = min(EvaluateWork.batch, measured.examples.count)
    }
    net = try device.makeNetwork(
      work.network, for: purpose, maximumBatch: batch, threads: context.threads)
    context.warnOfMissingThreads(of: net)
  }

  /// Measures the network with a set of weights.
  ///
  /// - Parameters:
  ///   - mean: what is subtracted from the images.
  ///   - keepsStatistics: whether batch norms normalise by the statistics among the weights in any case.
  /// - Throws: `Interrupted`; `DiagnosticError` where the weights are not the network's, or the images do not fit.
  mutating func measure(
    _ weights: Weights, mean: MeanImage, keepsStatistics: Bool = false, unless stop: StopCheck
  ) throws -> TrialScore {
    var inputs = try inputs(subtracting: mean)
    try net.load(weights)
    if !keepsStatistics { try measureStatistics(&inputs, unless: stop) }
    self.inputs = inputs
    let started = time.now
    var tally = ScoreTally()
    var batch = inputs.measured.makeBatch()
    for index in 0..<inputs.measured.count {
      try stop.check()
      try data.withImages { try inputs.measured.fill(&batch, index: index) }
      tally.add(net.evaluate(images: batch.filledImages, labels: batch.filledLabels))
    }
    speed.images += tally.images
    speed.seconds += time.now - started
    return TrialScore(images: tally.images, top1: tally.top1, loss: tally.loss)
  }

  private func measureStatistics(_ inputs: inout Inputs, unless stop: StopCheck) throws {
    guard var batches = inputs.training, let trainingData else { return }
    var batch = batches.makeBatch()
    for index in 0..<min(batches.batchesPerEpoch, NormMeasurement.mostBatches) {
      try stop.check()
      try trainingData.withImages { try batches.fill(&batch, iteration: index) }
      net.measureStatistics(images: batch.filledImages, batch: index, iteration: index)
    }
    // The order of the epoch is kept for the next set of weights.
    inputs.training = batches
  }

  private func inputs(subtracting mean: MeanImage) throws -> Inputs {
    if let inputs, inputs.mean == mean { return inputs }
    func assembler(_ dataset: PackedDataset) throws -> BatchAssembler {
      guard mean.shape == dataset.shape else {
        throw DiagnosticError(
          "the network was trained on \(mean.shape) images, but these are \(dataset.shape)")
      }
      return try BatchAssembler(
        dataset: dataset, mean: mean, preprocessing: work.preprocessing, input: work.network.input)
    }
    return Inputs(
      mean: mean,
      measured: EvaluationBatches(
        examples: measured.examples, assembler: try assembler(measured.dataset), batchSize: batch),
      training: try training.map {
        TrainingBatches(
          examples: $0.examples, assembler: try assembler($0.dataset),
          batchSize: work.solver.batch, stream: work.stream)
      })
  }
}
