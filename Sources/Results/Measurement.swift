import Basics
import Definitions

/// A measurement of a network on a subset during training.
package struct Measurement: Hashable, Sendable {
  /// Completed steps.
  package var iteration: Int
  /// Completed passes over the data.
  package var epoch: Double
  package var subset: Portion
  package var images: Int
  /// The mean loss per image.
  package var loss: Double
  /// Fractions of images whose class had the highest score, and one of the five highest.
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

extension Measurement: ValueConvertible {
  package var value: Value {
    [
      "iteration": .integer(iteration), "epoch": .number(epoch),
      "subset": .string(subset.rawValue), "images": .integer(images), "loss": .number(loss),
      "top1": .number(top1), "top5": .number(top5),
    ]
  }

  /// Reads the output of `value`; `nil` for anything else.
  init?(_ value: Value) {
    guard let iteration = value["iteration"]?.asCount, let epoch = value["epoch"]?.double,
      let subset = value["subset"]?.asString.flatMap(Portion.init(rawValue:)),
      let images = value["images"]?.asCount, let loss = value["loss"]?.double,
      let top1 = value["top1"]?.double, let top5 = value["top5"]?.double
    else { return nil }
    self.init(
      iteration: iteration, epoch: epoch, subset: subset, images: images, loss: loss, top1: top1,
      top5: top5)
  }
}

/// The measurements made during training, in order: `measurements.json`, which exists only if there are any.
package struct Measurements: Hashable, Sendable {
  package var all: [Measurement]

  package init(_ all: [Measurement]) { self.all = all }
}

extension Measurements: JSONResultFile {
  package static let file = ArtifactFile("measurements.json")
  static let format = 1

  /// `{"format": 1, "measurements": [{"iteration", "epoch", "subset", "images", "loss", "top1",
  /// "top5"}]}`
  package var value: Value {
    ["format": .integer(Measurements.format), "measurements": .list(all.map(\.value))]
  }

  init?(_ value: Value) {
    guard let all = value["measurements"]?.elements(Measurement.init) else { return nil }
    self.init(all)
  }
}
