/// Results for each class, with the confusion matrix of an evaluation.
package struct ClassResults: Hashable, Sendable {
  package let classes: [String]
  /// Images of each class, and those classified correctly.
  private let counts: [Int]
  private let correct: [Int]
  /// Images by true class (row) and predicted class (column); `nil` if there are too many classes. A row may have
  /// fewer images than its class: those with scores that are not numbers have no prediction.
  package let confusion: [[Int]]?

  /// `nil` unless there is a count for each class, the matrix is square, with a row and a column per class, and agrees
  /// with the counts, and all can be summed without overflow.
  package init?(classes: [String], images: [Int], correct: [Int], confusion: [[Int]]?) {
    guard !classes.isEmpty, images.count == classes.count, correct.count == classes.count,
      images.allSatisfy(ClassResults.range.contains),
      zip(images, correct).allSatisfy({ 0...$0 ~= $1 })
    else { return nil }
    if let confusion {
      guard confusion.count == classes.count else { return nil }
      for (index, row) in confusion.enumerated() {
        guard row.count == classes.count, row.allSatisfy(ClassResults.range.contains),
          row.reduce(0, +) <= images[index], row[index] == correct[index]
        else { return nil }
      }
    }
    self.classes = classes
    counts = images
    self.correct = correct
    self.confusion = confusion
  }

  /// Of images that all have a prediction; `nil` as above.
  package init?(classes: [String], confusion: [[Int]]) {
    guard confusion.count == classes.count,
      confusion.allSatisfy({
        $0.count == classes.count && $0.allSatisfy(ClassResults.range.contains)
      })
    else { return nil }
    self.init(
      classes: classes, images: confusion.map { $0.reduce(0, +) },
      correct: classes.indices.map { confusion[$0][$0] }, confusion: confusion)
  }

  /// The range of image counts in a dataset.
  private static let range = 0...Int(Int32.max)

  /// Images of a class.
  package func images(of index: Int) -> Int { counts[index] }

  package var images: Int { counts.reduce(0, +) }

  /// The number of a class's images that were classified correctly.
  package func correct(of index: Int) -> Int { correct[index] }

  /// The number of images that have no prediction in the matrix; `nil` if there is no matrix.
  package var unpredicted: Int? {
    confusion.map { images - $0.reduce(0) { $0 + $1.reduce(0, +) } }
  }

  /// The fraction of a class's images that were predicted as another class, or correctly; `nil` for a class without
  /// images, or if there is no matrix.
  package func share(of index: Int, takenFor other: Int) -> Double? {
    guard let confusion, counts[index] > 0 else { return nil }
    return Double(confusion[index][other]) / Double(counts[index])
  }

  /// The fraction of a class's images that were classified correctly; `nil` for a class without images.
  package func accuracy(of index: Int) -> Double? {
    counts[index] > 0 ? Double(correct[index]) / Double(counts[index]) : nil
  }

  /// Pairs of different classes by the fraction of the first predicted as the second, in descending order; empty if
  /// there is no matrix.
  package func confusedPairs(atMost limit: Int) -> [(actual: Int, predicted: Int, share: Double)] {
    guard let confusion else { return [] }
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
