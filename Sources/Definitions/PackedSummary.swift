/// What came of packing a dataset.
package struct PackedSummary: Hashable, Sendable {
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
  /// How many of them are training images; the others are test images.
  package var skippedTraining: Int
  /// Why the first of them could not be read, in words.
  package var reasons: [String]
  /// Files of the system and notes in the classes' folders, which were passed over.
  package var passedOver: [String]
  /// How many images have what, of those that have anything.
  package var traits: [ImageTrait: Int]

  package init(
    classes: [String], trainCounts: [Int], testCounts: [Int], channels: Int, height: Int,
    width: Int, skipped: [String], skippedTraining: Int = 0, reasons: [String] = [],
    passedOver: [String] = [], traits: [ImageTrait: Int] = [:]
  ) {
    self.classes = classes
    self.trainCounts = trainCounts
    self.testCounts = testCounts
    self.channels = channels
    self.height = height
    self.width = width
    self.skipped = skipped
    self.skippedTraining = skippedTraining
    self.reasons = reasons
    self.passedOver = passedOver
    self.traits = traits
  }
}
