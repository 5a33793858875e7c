/// What a network says of one image.
package struct Prediction: Hashable, Sendable {
  /// The position among the images measured.
  package var image: Int
  /// Subset, class and position: `test/cat/17`.
  package var name: String
  /// Positions among the task's classes; nothing is predicted if a score is not a number.
  package var label: Int
  package var predicted: Int?
  /// One for each class: scores, or probabilities.
  package var values: [Float]

  package init(image: Int, name: String, label: Int, predicted: Int?, values: [Float]) {
    self.image = image
    self.name = name
    self.label = label
    self.predicted = predicted
    self.values = values
  }
}
