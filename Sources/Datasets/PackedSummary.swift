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
}
