import Basics
import Datasets
import Definitions
import Engine
import Execution
import Planning

/// How well a network did on a subset at some time of its training.
package struct Measurement: Hashable, Sendable {
  /// Steps made.
  package var iteration: Int
  /// Passes over the data made.
  package var epoch: Double
  package var subset: Portion
  package var images: Int
  package var loss: Double
  package var top1: Double
  package var top5: Double

  package init(
    iteration: Int, epoch: Double, subset: Portion, images: Int, loss: Double, top1: Double,
    top5: Double
  ) {
    self.iteration = iteration
    self.epoch = epoch
    self.subset = subset
    self.images = images
    self.loss = loss
    self.top1 = top1
    self.top5 = top5
  }
}

/// Measures a network while it is trained. Evaluation draws no random numbers and changes no parameter
/// or running statistic, so the training goes on as if nothing had happened.
struct Validation {
  let rule: ValidationRule
  private let classes: [String]
  private let sets: [(subset: Portion, batches: EvaluationBatches)]
  private(set) var measurements: [Measurement] = []

  /// - Parameters:
  ///   - sources: what the batches of each subset are made of, one for each of the rule.
  ///   - batch: images that the network takes at once.
  init(
    _ rule: ValidationRule, classes: [String],
    sources: [(examples: Examples, source: any BatchSource)], batch: Int
  ) {
    self.rule = rule
    self.classes = classes
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

  /// Takes over what was measured before: what a shorter training measured only since it ended there, this
  /// one does not.
  mutating func resume(_ measurements: [Measurement], perEpoch: Int, length: Int) {
    self.measurements = measurements.filter {
      isDue(after: $0.iteration, perEpoch: perEpoch, length: length)
    }
  }

  /// Whether to measure when so many steps of `length` have been made.
  func isDue(after steps: Int, perEpoch: Int, length: Int) -> Bool {
    steps % max(1, rule.every.iterations(perEpoch: perEpoch)) == 0 || steps == length
  }

  /// Measures on every subset.
  ///
  /// - Throws: `Interrupted`.
  mutating func measure(
    _ net: any TrainableNetwork, iteration: Int, epoch: Double, in context: StageContext
  ) throws {
    for (subset, batches) in sets {
      var tally = EvaluationTally(classes: classes)
      var batch = batches.makeBatch()
      for index in 0..<batches.count {
        if context.shouldStop() { throw Interrupted() }
        batches.fill(&batch, index: index)
        tally.add(net.evaluate(images: batch.filledImages, labels: batch.filledLabels))
      }
      measurements.append(
        Measurement(
          iteration: iteration, epoch: epoch, subset: subset, images: tally.images,
          loss: tally.loss, top1: tally.top1, top5: tally.top5))
    }
  }

  /// `{"format": 1, "measurements": [{"iteration", "epoch", "subset", "images", "loss", "top1",
  /// "top5"}]}`
  static func file(of measurements: [Measurement]) -> Value {
    ["format": 1, "measurements": .list(measurements.map(\.value))]
  }

  /// Reads what `file(of:)` gave.
  ///
  /// - Throws: `DiagnosticError` for anything else.
  static func measurements(in file: [UInt8]) throws -> [Measurement] {
    let list = try Value(json: file)["measurements"]?.asList ?? []
    return try list.map { value in
      guard let measurement = Measurement(value) else {
        throw DiagnosticError("the measurements of the training cannot be read")
      }
      return measurement
    }
  }
}

extension Measurement: ValueConvertible {
  package var value: Value {
    [
      "iteration": .integer(iteration), "epoch": .number(epoch),
      "subset": .string(subset.rawValue), "images": .integer(images), "loss": .number(loss),
      "top1": .number(top1), "top5": .number(top5),
    ]
  }

  /// Reads what `value` gave; `nil` for anything else.
  fileprivate init?(_ value: Value) {
    guard let iteration = value["iteration"]?.asInteger, let epoch = value["epoch"]?.double,
      let subset = value["subset"]?.asString.flatMap(Portion.init(rawValue:)),
      let images = value["images"]?.asInteger, let loss = value["loss"]?.double,
      let top1 = value["top1"]?.double, let top5 = value["top5"]?.double
    else { return nil }
    self.init(
      iteration: iteration, epoch: epoch, subset: subset, images: images, loss: loss, top1: top1,
      top5: top5)
  }
}
