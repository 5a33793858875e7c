import Basics
import Definitions

/// What came of packing a dataset.
package struct PackedSummary: Hashable, Sendable, ValueConvertible {
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

  package var value: Value {
    [
      "classes": .list(classes.map(Value.string)),
      "train": .list(trainCounts.map(Value.integer)),
      "test": .list(testCounts.map(Value.integer)),
      "channels": .integer(channels), "height": .integer(height), "width": .integer(width),
      "skipped": .list(skipped.map(Value.string)),
      "skipped-training": .integer(skippedTraining),
      "reasons": .list(reasons.map(Value.string)),
      "passed-over": .list(passedOver.map(Value.string)), "traits": ImageTrait.value(of: traits),
    ]
  }
}
