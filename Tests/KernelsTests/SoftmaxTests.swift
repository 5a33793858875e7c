import Glibc
import Kernels
import Testing

@Suite struct SoftmaxTests {
  /// Scores log 1, log 2, log 5: probabilities 1/8, 2/8, 5/8.
  @Test func lossAndGradientByHand() {
    let scores = FloatBuffer([0, Float(log(2.0)), Float(log(5.0))])
    let gradient = FloatBuffer(count: 3)
    let outcome = Softmax.crossEntropy(
      scores.start, count: 3, label: 1, gradient: gradient.start, factor: 0.5)
    #expect((outcome.loss - log(4)).magnitude < 1e-7)
    #expect(!outcome.isCorrect)
    let expected = [0.5 / 8, 0.5 * (2.0 / 8 - 1), 0.5 * 5 / 8]
    #expect(relativeError(gradient.values, expected) < 1e-6)
    #expect(Softmax.crossEntropy(scores.start, count: 3, label: 2).isCorrect)
  }

  /// A tenth of the target is spread over three classes.
  @Test func smoothedLossAndGradientByHand() {
    let scores = FloatBuffer([0, Float(log(2.0)), Float(log(5.0))])
    let gradient = FloatBuffer(count: 3)
    let outcome = Softmax.crossEntropy(
      scores.start, count: 3, label: 1, smoothing: 0.1, gradient: gradient.start)
    let even = 0.1 / 3
    let loss = even * log(8) + (0.9 + even) * log(4) + even * log(8.0 / 5)
    #expect((outcome.loss - loss).magnitude < 1e-7)
    let expected = [1.0 / 8 - even, 2.0 / 8 - 0.9 - even, 5.0 / 8 - even]
    #expect(relativeError(gradient.values, expected) < 1e-6)
  }

  /// Probabilities 1/8, 2/8, 5/8; the target is ¾ of the second class and ¼ of the first.
  @Test func mixedTargetsByHand() {
    let scores = FloatBuffer([0, Float(log(2.0)), Float(log(5.0))])
    let gradient = FloatBuffer(count: 3)
    let outcome = Softmax.crossEntropy(
      scores.start, count: 3, label: 1, other: 0, share: 0.75, gradient: gradient.start)
    #expect((outcome.loss - 0.75 * log(4) - 0.25 * log(8)).magnitude < 1e-7)
    let expected = [1.0 / 8 - 0.25, 2.0 / 8 - 0.75, 5.0 / 8]
    #expect(relativeError(gradient.values, expected) < 1e-6)
    // The class of the larger share counts; both may be one.
    for (label, other, share) in [(2, 0, 0.6), (0, 2, 0.4), (2, 2, 0.3)] {
      #expect(
        Softmax.crossEntropy(scores.start, count: 3, label: label, other: other, share: share)
          .isCorrect)
    }
    let same = Softmax.crossEntropy(scores.start, count: 3, label: 1, other: 1, share: 0.3)
    #expect((same.loss - log(4)).magnitude < 1e-7)
  }

  @Test func greatScoresDoNotOverflow() {
    let scores = FloatBuffer([1e30, -1e30])
    #expect(Softmax.crossEntropy(scores.start, count: 2, label: 0).loss == 0)
    #expect(Softmax.crossEntropy(scores.start, count: 2, label: 1).loss > 1e30)
  }

  @Test(arguments: [Float.nan, .infinity]) func scoresThatAreNoNumbersMakeTheLossNaN(score: Float) {
    let scores = FloatBuffer([score, 1])
    let outcome = Softmax.crossEntropy(scores.start, count: 2, label: 0)
    #expect(outcome.loss.isNaN)
    #expect(!outcome.isCorrect)
  }

  @Test func firstOfEqualScoresIsPredicted() {
    let scores = FloatBuffer([1, 1])
    #expect(Softmax.crossEntropy(scores.start, count: 2, label: 0).isCorrect)
    #expect(!Softmax.crossEntropy(scores.start, count: 2, label: 1).isCorrect)
  }
}
