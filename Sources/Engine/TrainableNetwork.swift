import Definitions

/// What training and evaluation ask of a network, on whatever device it is computed.
///
/// Images are floats in height × width × channels order, one after the other; any number up to the
/// maximum batch makes a batch.
package protocol TrainableNetwork: AnyObject {
  /// Threads that it computes on: as many as were asked for, unless the system grants fewer.
  var threads: Int { get }

  /// Takes over every parameter by name; tensors of other names are ignored.
  ///
  /// - Throws: `DiagnosticError` where one is missing or has another shape.
  func load(_ weights: Weights) throws
  /// All parameters, in PyTorch's layouts.
  func weights() -> Weights

  /// The names of what the update rule remembers of learning parameters (`UpdateRule.buffers`); none for inference.
  var stateBuffers: [String] { get }
  /// One of them: a tensor for each learning parameter, under its name and with its shape.
  ///
  /// - Precondition: `buffer` is among `stateBuffers`.
  func state(_ buffer: String) -> Weights
  /// Takes over what `state` gave; same precondition.
  ///
  /// - Throws: `DiagnosticError` where a tensor is missing or has another shape.
  func load(_ values: Weights, asState buffer: String) throws

  /// One step of training. `iteration` counts from 0 and keys the random numbers of the step.
  func step(images: [Float], labels: [Int32], rate: Double, iteration: Int) -> StepResult
  /// The scores (or activations) of each image, one after the other.
  func outputs(of images: [Float]) -> [Float]
  /// The scores of each image and how well they meet the labels.
  func evaluate(images: [Float], labels: [Int32]) -> BatchEvaluation
}

/// How a training step's batch was classified before the step.
package struct StepResult: Hashable, Sendable {
  /// The mean loss of an image.
  package var loss: Double
  /// Images whose label had the greatest score.
  package var correct: Int

  package init(loss: Double, correct: Int) {
    self.loss = loss
    self.correct = correct
  }
}

/// Scores of a batch.
package struct BatchEvaluation: Sendable {
  /// One score a class, image after image.
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

  /// How many classes score above an image's label, equal ones before it included: 0 for a hit. Scores
  /// that are not numbers make a miss.
  package func rank(ofImage image: Int) -> Int {
    let own = scores[image * classes..<(image + 1) * classes]
    let label = Int(labels[image])
    let score = own[own.startIndex + label]
    guard !own.contains(where: \.isNaN) else { return classes }
    return own.enumerated().count { $1 > score || $1 == score && $0 < label }
  }

  /// Images whose label is among the `count` greatest scores.
  package func correct(among count: Int) -> Int {
    labels.indices.count { rank(ofImage: $0) < count }
  }

  /// The class of the greatest score of an image, the first of equals.
  package func prediction(ofImage image: Int) -> Int {
    let own = scores[image * classes..<(image + 1) * classes]
    var best = own.startIndex
    for index in own.indices where own[index] > own[best] { best = index }
    return best - own.startIndex
  }
}
