import Kernels

/// Activations of some images, a row for each, and their labels.
package struct LabelledFeatures {
  package let matrix: DoubleMatrix
  /// Of each row.
  package let labels: [Int]
  package let classes: Int

  /// - Precondition: a label in `0..<classes` for each row.
  package init(_ matrix: DoubleMatrix, labels: [Int], classes: Int) {
    precondition(
      matrix.rows == labels.count && labels.allSatisfy((0..<classes).contains),
      "a label for each row")
    self.matrix = matrix
    self.labels = labels
    self.classes = classes
  }

  /// - Parameter values: row by row.
  package init(_ values: [Float], labels: [Int], classes: Int) {
    let columns = labels.isEmpty ? 0 : values.count / labels.count
    let matrix = DoubleMatrix(rows: labels.count, columns: columns)
    for (index, value) in values.enumerated() { matrix.start[index] = Double(value) }
    self.init(matrix, labels: labels, classes: classes)
  }

  package var count: Int { labels.count }
  package var dimensions: Int { matrix.columns }

  /// Some of the images.
  package func rows(_ rows: [Int]) -> LabelledFeatures {
    let chosen = DoubleMatrix(rows: rows.count, columns: dimensions)
    for (target, row) in rows.enumerated() {
      chosen.row(target).update(from: matrix.row(row), count: dimensions)
    }
    return LabelledFeatures(chosen, labels: rows.map { labels[$0] }, classes: classes)
  }

  /// The mean of each column.
  package var means: [Double] {
    var sums = [Double](repeating: 0, count: dimensions)
    for row in 0..<count {
      let values = matrix.row(row)
      for column in sums.indices { sums[column] += values[column] }
    }
    return sums.map { $0 / Double(max(count, 1)) }
  }

  /// The images of each class.
  package var images: [Int] {
    labels.reduce(into: [Int](repeating: 0, count: classes)) { $0[$1] += 1 }
  }

  /// For each class a sum over its rows, of `matrix` or of other values with as many rows.
  func sums(of matrix: DoubleMatrix) -> DoubleMatrix {
    let sums = DoubleMatrix(rows: classes, columns: matrix.columns)
    for (row, label) in labels.enumerated() {
      let (values, sum) = (matrix.row(row), sums.row(label))
      for column in 0..<matrix.columns { sum[column] += values[column] }
    }
    return sums
  }

  /// The rows less the mean of each column.
  var centred: DoubleMatrix {
    let means = means
    let result = DoubleMatrix(rows: count, columns: dimensions)
    for row in 0..<count {
      let (values, target) = (matrix.row(row), result.row(row))
      for column in 0..<dimensions { target[column] = values[column] - means[column] }
    }
    return result
  }
}

/// Activations with mean 0 and deviation 1 on the images that a classifier is fitted to. Columns that are constant there
/// become 0.
package struct Standardization {
  private let means: [Double]
  private let factors: [Double]

  package init(of features: LabelledFeatures) {
    means = features.means
    var squares = [Double](repeating: 0, count: features.dimensions)
    for row in 0..<features.count {
      let values = features.matrix.row(row)
      for column in squares.indices {
        let difference = values[column] - means[column]
        squares[column] += difference * difference
      }
    }
    let means = means
    factors = squares.indices.map { column in
      let deviation = (squares[column] / Double(max(features.count, 1))).squareRoot()
      // Rounding of the mean alone leaves as much of a constant.
      let noise = 1e-13 * means[column].magnitude
      return deviation > noise ? 1 / deviation : 0
    }
  }

  package func applied(to features: LabelledFeatures) -> LabelledFeatures {
    let result = DoubleMatrix(rows: features.count, columns: features.dimensions)
    for row in 0..<features.count {
      let (values, target) = (features.matrix.row(row), result.row(row))
      for column in factors.indices {
        target[column] = (values[column] - means[column]) * factors[column]
      }
    }
    return LabelledFeatures(result, labels: features.labels, classes: features.classes)
  }
}
