import Definitions

/// A network on any device, as used by training and evaluation.
///
/// Images are floats in height × width × channels order, one after the other; any number up to the maximum batch size
/// forms a batch.
package protocol TrainableNetwork: AnyObject {
  /// The number of threads: as many as requested, unless the system grants fewer.
  var threads: Int { get }

  /// Loads every parameter by name; tensors with other names are ignored.
  ///
  /// - Throws: `DiagnosticError` if one is missing or has a different shape.
  func load(_ weights: Weights) throws
  /// All parameters, in PyTorch's layouts.
  func weights() -> Weights

  /// Takes the present values of copied parameters that learn as what decay pulls them towards, if the solver says so.
  func holdSource()

  /// The names of the update rule's buffers for learning parameters (`UpdateRule.buffers`); empty for inference.
  var stateBuffers: [String] { get }
  /// The content of one buffer: a tensor for each learning parameter, with its name and shape.
  ///
  /// - Precondition: `buffer` is in `stateBuffers`.
  func state(_ buffer: String) -> Weights
  /// Loads the output of `state`; same precondition.
  ///
  /// - Throws: `DiagnosticError` if a tensor is missing or has a different shape.
  func load(_ values: Weights, asState buffer: String) throws

  /// One training step; the batch may exceed the maximum if the solver computes it in parts. `iteration` counts from 0
  /// and keys the random numbers of the step.
  func step(
    images: [Float], targets: BatchTargets, rate: Double, iteration: Int
  ) -> StepResult
  /// Makes the running statistics of learning batch norms the mean of those of batches, changing nothing else: called
  /// with the batches one by one, from number 0. `iteration` keys the random numbers.
  func measureStatistics(images: [Float], batch: Int, iteration: Int)
  /// The scores (or activations) of each image, one after the other.
  func outputs(of images: [Float]) -> [Float]
  /// The activations of each image after each operation of `NetworkPurpose.observation`, in its order: for each of them
  /// one image after the other, in height × width × channels order. Empty for other purposes.
  func activations(of images: [Float]) -> [[Float]]
  /// The scores of each image, and their losses for the labels.
  func evaluate(images: [Float], labels: [Int32]) -> BatchEvaluation
}

extension TrainableNetwork {
  /// One training step towards a class for each image.
  package func step(
    images: [Float], labels: [Int32], rate: Double, iteration: Int
  ) -> StepResult {
    step(images: images, targets: BatchTargets(labels: labels), rate: rate, iteration: iteration)
  }
}

/// The results of a training step's batch before its update.
package struct StepResult: Hashable, Sendable {
  /// The mean loss per image, of smoothed targets if the solver smooths them.
  package var loss: Double
  /// The number of images whose label had the highest score; of a mixed image, the label of the larger share.
  package var correct: Int

  package init(loss: Double, correct: Int) {
    self.loss = loss
    self.correct = correct
  }
}

/// Scores of a batch.
package struct BatchEvaluation: Sendable {
  /// One score per class, image after image.
  package var scores: [Float]
  /// Each image's loss.
  package var losses: [Double]
  package var labels: [Int32]

  package init(scores: [Float], losses: [Double], labels: [Int32]) {
    self.scores = scores
    self.losses = losses
    self.labels = labels
  }

  package var classes: Int { labels.isEmpty ? 0 : scores.count / labels.count }

  package func scores(ofImage image: Int) -> ArraySlice<Float> {
    scores[image * classes..<(image + 1) * classes]
  }

  /// The number of classes that score above an image's label, including earlier ones with the same score: 0 if the
  /// prediction is correct; above any number of classes if a score is NaN, since then there is no ranking.
  package func rank(ofImage image: Int) -> Int {
    let own = scores(ofImage: image)
    let label = Int(labels[image])
    let score = own[own.startIndex + label]
    guard !own.contains(where: \.isNaN) else { return .max }
    return own.enumerated().count { $1 > score || $1 == score && $0 < label }
  }

  /// The number of images whose label is among the `count` highest scores.
  package func correct(among count: Int) -> Int {
    labels.indices.count { rank(ofImage: $0) < count }
  }

  /// The class with the highest score of an image, the first of equal scores; `nil` if a score is NaN.
  package func prediction(ofImage image: Int) -> Int? {
    let own = scores(ofImage: image)
    guard !own.contains(where: \.isNaN) else { return nil }
    var best = own.startIndex
    for index in own.indices where own[index] > own[best] { best = index }
    return best - own.startIndex
  }
}
