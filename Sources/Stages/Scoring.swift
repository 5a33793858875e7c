import Basics
import Datasets
import Definitions
import Engine
import Planning

/// A trained network that scores the images that an evaluation measures, batch by batch.
struct Scoring {
  let images: Int
  private let batches: EvaluationBatches
  private let net: any TrainableNetwork

  /// - Parameters:
  ///   - examples: at least one.
  ///   - mean: the one that was subtracted in training.
  /// - Throws: `DiagnosticError` where network, mean and images do not fit together, or memory is short.
  init(
    _ work: EvaluateWork, _ examples: Examples, of dataset: PackedDataset, mean: MeanImage,
    on device: any Device, threads: Int
  ) throws {
    guard mean.shape == dataset.shape else {
      throw DiagnosticError(
        "the network was trained on \(mean.shape) images, but these are \(dataset.shape)")
    }
    images = examples.count
    batches = EvaluationBatches(
      examples: examples,
      assembler: try BatchAssembler(
        dataset: dataset, mean: mean, preprocessing: work.preprocessing, input: work.network.input,
        threads: threads),
      batchSize: EvaluateWork.batch)
    net = try device.makeNetwork(
      work.network, for: .inference, maximumBatch: min(EvaluateWork.batch, examples.count),
      threads: threads)
  }

  /// What the images are scored on; its weights have to be loaded first.
  var network: any TrainableNetwork { net }

  /// Passes the scores of each batch to `body`, in the order of the examples.
  ///
  /// - Throws: `Interrupted`; what `body` throws.
  func forEachBatch(unless stop: StopCheck, _ body: (BatchEvaluation) throws -> Void) throws {
    var batch = batches.makeBatch()
    for index in 0..<batches.count {
      try stop.check()
      try batches.fill(&batch, index: index)
      try body(net.evaluate(images: batch.filledImages, labels: batch.filledLabels))
    }
  }
}
