import Basics

/// What came of packing a dataset.
package struct PreparationResult: Hashable, Sendable {
  /// By ascending UTF-8 bytes.
  package var classes: [String]
  /// For each class, its packed training and test images.
  package var trainCounts: [Int]
  package var testCounts: [Int]
  package var channels: Int
  package var height: Int
  package var width: Int
  /// The files that could not be read and were left out, by position.
  package var skipped: [String]

  package init(
    classes: [String], trainCounts: [Int], testCounts: [Int], channels: Int, height: Int,
    width: Int, skipped: [String]
  ) {
    self.classes = classes
    self.trainCounts = trainCounts
    self.testCounts = testCounts
    self.channels = channels
    self.height = height
    self.width = width
    self.skipped = skipped
  }
}

extension PreparationResult: RecordedResult {
  /// `{"classes", "train", "test", "channels", "height", "width", "skipped"}`
  package var metrics: Value {
    [
      "classes": .list(classes.map(Value.string)),
      "train": .list(trainCounts.map(Value.integer)),
      "test": .list(testCounts.map(Value.integer)),
      "channels": .integer(channels), "height": .integer(height), "width": .integer(width),
      "skipped": .list(skipped.map(Value.string)),
    ]
  }

  package init?(metrics: Value) {
    guard let classes = metrics["classes"]?.elements(\.asString),
      let train = metrics["train"]?.elements(\.asCount),
      let test = metrics["test"]?.elements(\.asCount),
      train.count == classes.count, test.count == classes.count,
      let channels = metrics["channels"]?.asCount, let height = metrics["height"]?.asCount,
      let width = metrics["width"]?.asCount, let skipped = metrics["skipped"]?.elements(\.asString)
    else { return nil }
    self.init(
      classes: classes, trainCounts: train, testCounts: test, channels: channels, height: height,
      width: width, skipped: skipped)
  }
}
