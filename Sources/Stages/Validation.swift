import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning
import Results

/// Measures a network during training, and keeps the best weights if the rule says so. Evaluation draws no random
/// numbers and changes no parameter or running statistic, so that the steps of training are not affected.
struct Validation {
  let rule: ValidationRule
  private let sets: [(subset: Portion, batches: EvaluationBatches)]
  private(set) var measurements: [Measurement] = []
  /// The best weights so far, if the rule keeps them and there was a measurement.
  private(set) var kept: Weights?

  /// - Parameters:
  ///   - sources: the batch sources of the rule's subsets, in order.
  ///   - batch: images per batch.
  init(
    _ rule: ValidationRule,
    sources: [(examples: Examples, source: any BatchSource)], batch: Int
  ) {
    self.rule = rule
    sets = zip(rule.subsets, sources).map { subset, source in
      (
        subset,
        EvaluationBatches(
          examples: source.examples, assembler: source.source, batchSize: batch)
      )
    }
  }

  /// The images of each subset of a rule.
  ///
  /// - Throws: `DiagnosticError` for a subset without images.
  static func examples(
    _ rule: ValidationRule, _ work: TrainWork, in dataset: PackedDataset
  ) throws -> [Examples] {
    try rule.subsets.map { subset in
      let examples = try dataset.examples(subset, classes: work.classes, holdOut: work.holdOut)
      guard examples.count > 0 else {
        throw DiagnosticError("there are no \(subset.rawValue) images of the task's classes")
      }
      return examples
    }
  }

  /// Continues with the measurements of an earlier run, and the weights that it kept. Measurements that a shorter
  /// training run made only because it ended there are dropped.
  mutating func resume(
    _ measurements: [Measurement], kept: Weights?, perEpoch: Int, length: Int
  ) {
    self.kept = kept
    self.measurements = measurements.filter {
      isDue(after: $0.iteration, perEpoch: perEpoch, length: length)
    }
  }

  /// Whether to measure after this number of steps out of `length`.
  func isDue(after steps: Int, perEpoch: Int, length: Int) -> Bool {
    rule.isDue(after: steps, perEpoch: perEpoch, length: length)
  }

  /// The accuracy of each subset when it was last measured.
  var latest: [String: Double] {
    Dictionary(measurements.suffix(sets.count).map { ($0.subset.rawValue, $0.top1) }) { $1 }
  }

  /// The steps after which that was.
  var latestIteration: Int? { measurements.last?.iteration }

  /// The measurements that select weights.
  private var selecting: [Measurement] { measurements.filter { $0.subset == .validation } }

  /// The first of the best measurements; `nil` before there is one.
  var best: Measurement? {
    selecting.reduce(nil) { best, next in
      if let best, next.top1 <= best.top1 { best } else { next }
    }
  }

  /// Whether the rule's patience is at an end.
  var isPatienceOver: Bool {
    guard let patience = rule.patience, let best else { return false }
    return selecting.count { $0.iteration > best.iteration } >= patience
  }

  /// Measures on every subset.
  ///
  /// - Throws: `Interrupted`.
  mutating func measure(
    _ net: any TrainableNetwork, iteration: Int, epoch: Double, in context: StageContext
  ) throws {
    for (subset, batches) in sets {
      var tally = ScoreTally()
      var batch = batches.makeBatch()
      for index in 0..<batches.count {
        if context.shouldStop() { throw Interrupted() }
        try batches.fill(&batch, index: index)
        tally.add(net.evaluate(images: batch.filledImages, labels: batch.filledLabels))
      }
      measurements.append(
        Measurement(
          iteration: iteration, epoch: epoch, subset: subset, images: tally.images,
          loss: tally.loss, top1: tally.top1, top5: tally.top5))
    }
    if rule.keep == .best, best?.iteration == iteration { kept = net.weights() }
  }
}
