/// Results for each class: the confusion matrix of an evaluation.
package struct ClassResults: Hashable, Sendable {
  package let classes: [String]
  /// Images by true class (row) and predicted class (column).
  package let confusion: [[Int]]

  /// `nil` unless the matrix is square, with a row and a column per class, and the counts can be summed without
  /// overflow.
  package init?(classes: [String], confusion: [[Int]]) {
    guard !classes.isEmpty, confusion.count == classes.count,
      confusion.allSatisfy({
        $0.count == classes.count && $0.allSatisfy(ClassResults.counts.contains)
      })
    else { return nil }
    self.classes = classes
    self.confusion = confusion
  }

  /// The range of image counts in a dataset.
  private static let counts = 0...Int(Int32.max)

  /// Images of a class.
  package func images(of index: Int) -> Int { confusion[index].reduce(0, +) }

  package var images: Int { classes.indices.reduce(0) { $0 + images(of: $1) } }

  /// The fraction of a class's images that were predicted as another class, or correctly; `nil` for a class without
  /// images.
  package func share(of index: Int, takenFor other: Int) -> Double? {
    let images = images(of: index)
    return images > 0 ? Double(confusion[index][other]) / Double(images) : nil
  }

  package func accuracy(of index: Int) -> Double? { share(of: index, takenFor: index) }

  /// Pairs of different classes by the fraction of the first predicted as the second, in descending order.
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
