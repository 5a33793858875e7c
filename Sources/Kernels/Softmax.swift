/// Softmax cross-entropy of one image.
package enum Softmax {
  /// The result for one image.
  package struct Outcome: Sendable {
    /// The cross-entropy: −log of the label's probability if the label is the whole target.
    package var loss: Double
    /// Whether the score of the label (of the larger share) is the highest; the first of equal scores.
    package var isCorrect: Bool
  }

  /// The loss of one image, computed in double precision from its scores (logits).
  ///
  /// - Parameters:
  ///   - other: a second label.
  ///   - share: the label's share of what the labels have of the target; the other label has the rest.
  ///   - smoothing: the share of the target that is spread evenly over all classes; the labels have the rest.
  ///   - gradient: if given, receives factor · (probability − target).
  package static func crossEntropy(
    _ scores: UnsafePointer<Float>, count: Int, label: Int, other: Int = 0, share: Double = 1,
    smoothing: Double = 0,
    gradient: Floats? = nil, factor: Double = 1
  ) -> Outcome {
    let (own, even) = (1 - smoothing, smoothing / Double(count))
    var best = 0
    for index in 1..<max(count, 1) where scores[index] > scores[best] { best = index }
    let greatest = Double(scores[best])
    var sum = 0.0
    for index in 0..<count { sum += ElementaryFunctions.exp(Double(scores[index]) - greatest) }
    if let gradient {
      for index in 0..<count {
        let probability = ElementaryFunctions.exp(Double(scores[index]) - greatest) / sum
        let labelled = (index == label ? share : 0) + (index == other ? 1 - share : 0)
        gradient[index] = Float(factor * (probability - even - own * labelled))
      }
    }
    // The sum is at least 1 (the term of the highest score) unless a score is NaN.
    var target = Double(scores[label]) - greatest
    if share < 1 { target = share * target + (1 - share) * (Double(scores[other]) - greatest) }
    if smoothing > 0 {
      var all = 0.0
      for index in 0..<count { all += Double(scores[index]) - greatest }
      target = own * target + even * all
    }
    let loss = sum.isFinite ? ElementaryFunctions.log(sum) - target : Double.nan
    return Outcome(
      loss: loss, isCorrect: best == (share < 0.5 ? other : label) && sum.isFinite)
  }
}
