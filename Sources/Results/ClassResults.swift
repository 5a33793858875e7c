/// How a network did on each class: an evaluation's confusion matrix.
package struct ClassResults: Hashable, Sendable {
  package let classes: [String]
  /// Images by true class (row) and predicted class (column).
  package let confusion: [[Int]]

  /// `nil` unless there is a row for each class with a column for each, and the counts can be added up.
  package init?(classes: [String], confusion: [[Int]]) {
    guard !classes.isEmpty, confusion.count == classes.count,
      confusion.allSatisfy({
        $0.count == classes.count && $0.allSatisfy(ClassResults.counts.contains)
      })
    else { return nil }
    self.classes = classes
    self.confusion = confusion
  }

  /// As many images as a dataset may have.
  private static let counts = 0...Int(Int32.max)

  /// Images of a class.
  package func images(of index: Int) -> Int { confusion[index].reduce(0, +) }

  package var images: Int { classes.indices.reduce(0) { $0 + images(of: $1) } }

  /// The fraction of a class's images that were taken to be of another, or of the same; `nil` for a class
  /// without images.
  package func share(of index: Int, takenFor other: Int) -> Double? {
    let images = images(of: index)
    return images > 0 ? Double(confusion[index][other]) / Double(images) : nil
  }

  package func accuracy(of index: Int) -> Double? { share(of: index, takenFor: index) }

  /// Pairs of different classes by how large a part of the first was taken for the second, the largest first.
  package func confusedPairs(atMost limit: Int) -> [(actual: Int, predicted: Int, share: Double)] {
    var pairs: [(actual: Int, predicted: Int, share: Double)] = []
    for actual in classes.indices {
      let images = images(of: actual)
      guard images > 0 else { continue }
      for predicted in classes.indices
      where predicted != actual && confusion[actual][predicted] > 0 {
        pairs.append(
          (actual, predicted, Double(confusion[actual][predicted]) / Double(images)))
      }
    }
    pairs.sort { ($1.share, $0.actual, $0.predicted) < ($0.share, $1.actual, $1.predicted) }
    return Array(pairs.prefix(limit))
  }
}
