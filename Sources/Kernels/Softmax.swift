/// Softmax cross-entropy of one image.
package enum Softmax {
  /// The result for one image.
  package struct Outcome: Sendable {
    /// −log of the label's probability.
    package var loss: Double
    /// Whether the label's score is the highest; the first of equal scores.
    package var isCorrect: Bool
  }

  /// The loss of one image, computed in double precision from its scores (logits).
  ///
  /// - Parameter gradient: if given, receives factor · (probability − 1 at the label).
  package static func crossEntropy(
    _ scores: UnsafePointer<Float>, count: Int, label: Int, gradient: Floats? = nil,
    factor: Double = 1
  ) -> Outcome {
    var best = 0
    for index in 1..<max(count, 1) where scores[index] > scores[best] { best = index }
    let greatest = Double(scores[best])
    var sum = 0.0
    for index in 0..<count { sum += ElementaryFunctions.exp(Double(scores[index]) - greatest) }
    if let gradient {
      for index in 0..<count {
        let probability = ElementaryFunctions.exp(Double(scores[index]) - greatest) / sum
        gradient[index] = Float(factor * (probability - (index == label ? 1 : 0)))
      }
    }
    // The sum is at least 1 (the term of the highest score) unless a score is NaN.
    let loss =
      sum.isFinite
      ? ElementaryFunctions.log(sum) - (Double(scores[label]) - greatest) : Double.nan
    return Outcome(loss: loss, isCorrect: best == label && sum.isFinite)
  }
}
