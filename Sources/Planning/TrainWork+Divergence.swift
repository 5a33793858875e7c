extension TrainWork {
  /// How a training's error begins when its loss stops being a number.
  package static let lossDivergence = "the loss became"
  /// How it begins when a last step takes weights beyond the range of numbers, which no later loss shows.
  package static let weightDivergence = "the weights became"

  /// Whether an error's message is of a training that diverged: what reports know such runs by.
  package static func isDivergence(_ message: String) -> Bool {
    message.contains(lossDivergence) || message.contains(weightDivergence)
  }
}
