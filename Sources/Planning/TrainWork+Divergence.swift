extension TrainWork {
  /// How a training's error begins when its loss stops being a number: what reports know such runs by.
  package static let divergence = "the loss became"
}
