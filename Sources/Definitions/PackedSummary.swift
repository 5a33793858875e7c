/// The result of packing a dataset.
package struct PackedSummary: Hashable, Sendable {
  /// By ascending UTF-8 bytes.
  package var classes: [String]
  /// The number of packed training and test images of each class.
  package var trainCounts: [Int]
  package var testCounts: [Int]
  package var channels: Int
  package var height: Int
  package var width: Int
  /// The unreadable files that were left out, by position.
  package var skipped: [String]
  /// The number of training images among them; the others are test images.
  package var skippedTraining: Int
  /// The reasons for the first of them, in words.
  package var reasons: [String]
  /// System files and notes in class folders, which were ignored.
  package var passedOver: [String]
  /// The number of images with each trait that occurs.
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
