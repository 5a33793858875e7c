import Basics

/// How a network does with a set of weights.
package struct TrialScore: Hashable, Sendable {
  /// Images measured.
  package var images: Int
  /// The fraction of images whose class had the highest score.
  package var top1: Double
  /// The mean loss per image; `nil` if it is not finite.
  package var loss: Double?

  package init(images: Int, top1: Double, loss: Double?) {
    self.images = images
    self.top1 = top1
    self.loss = loss.flatMap { $0.isFinite ? $0 : nil }
  }

  /// `top-1 61.2 %, loss 1.0934`
  var words: String {
    "top-1 \(TrialScore.percent(top1)), loss \(loss.map { fixed($0, decimals: 4) } ?? "not finite")"
  }

  static func percent(_ fraction: Double) -> String { "\(fixed(100 * fraction, decimals: 1)) %" }
}

extension TrialScore: ValueConvertible {
  /// `{"top1", "loss"}`; the number of images is stated once for all scores of a result.
  package var value: Value {
    ["top1": .number(top1), "loss": loss.map(Value.number) ?? .null]
  }

  init?(_ value: Value, images: Int) {
    guard let top1 = value["top1"]?.double, let entry = value["loss"] else { return nil }
    guard entry != .null else {
      self.init(images: images, top1: top1, loss: nil)
      return
    }
    guard let loss = entry.double else { return nil }
    self.init(images: images, top1: top1, loss: loss)
  }
}
