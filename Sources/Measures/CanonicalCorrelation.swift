import Kernels

/// Singular vector canonical correlation of sets of features for the same images (Raghu et al. 2017): of each set, the
/// principal components that explain 99 % of its variance are kept, and the mean of their canonical correlations is taken.
///
/// Only covariances are kept, so that memory does not depend on the number of images.
package struct CanonicalCorrelation {
  /// The share of the variance that is kept.
  package static let explained = 0.99

  /// Where each set begins among all features, the first side's sets before the second's, and the end.
  private let starts: [Int]
  private let first: Int
  private let products: DoubleMatrix
  private var sums: [Double]
  private var images = 0
  /// What is subtracted from all images, so that sums keep their digits: the values of the first.
  private var shift: [Double] = []

  /// - Parameters:
  ///   - first: the number of features of each set on one side, the rows of the result.
  ///   - second: those on the other side.
  package init(first: [Int], second: [Int]) {
    var starts = [0]
    for count in first + second { starts.append(starts[starts.count - 1] + count) }
    self.starts = starts
    self.first = first.count
    let total = starts[starts.count - 1]
    products = DoubleMatrix(rows: total, columns: total)
    sums = Array(repeating: 0, count: total)
  }

  /// Adds a batch.
  ///
  /// - Parameter sets: the features of each set, one row for each image.
  package mutating func add(_ sets: [DoubleMatrix], _ algebra: LinearAlgebra) {
    precondition(sets.count == starts.count - 1, "features of each set")
    guard let count = sets.first?.rows, count > 0 else { return }
    let total = starts[starts.count - 1]
    let all = DoubleMatrix(rows: count, columns: total)
    for (set, start) in zip(sets, starts) {
      for image in 0..<count {
        (all.row(image) + start).update(from: set.row(image), count: set.columns)
      }
    }
    if shift.isEmpty { shift = (0..<total).map { all[0, $0] } }
    for image in 0..<count {
      let values = all.row(image)
      for index in 0..<total {
        values[index] -= shift[index]
        sums[index] += values[index]
      }
    }
    let added = algebra.product(all, all, transposingFirst: true)
    for index in 0..<total * total { products.start[index] += added.start[index] }
    images += count
  }

  /// The mean canonical correlation of each pair, row by row; `nil` where the features of a set do not differ among images.
  ///
  /// - Throws: `LinearAlgebra.Failure`
  package func values(_ algebra: LinearAlgebra) throws(LinearAlgebra.Failure) -> [[Double?]] {
    var bases: [DoubleMatrix?] = []
    for set in 0..<starts.count - 1 { bases.append(try whitening(of: set, algebra)) }
    var result: [[Double?]] = []
    for row in 0..<first {
      var values: [Double?] = []
      for column in first..<starts.count - 1 {
        guard let own = bases[row], let other = bases[column] else {
          values.append(nil)
          continue
        }
        // Between whitened features, correlations are the singular values of the covariance.
        let half = algebra.product(own, covariance(row, column))
        let between = algebra.product(half, other, transposingSecond: true)
        let isWide = between.columns > between.rows
        let squares =
          isWide
          ? algebra.product(between, between, transposingSecond: true)
          : algebra.product(between, between, transposingFirst: true)
        let (eigenvalues, _) = try algebra.eigenvectors(of: squares)
        let sum = eigenvalues.reduce(0.0) { $0 + min(max($1, 0), 1).squareRoot() }
        values.append(sum / Double(eigenvalues.count))
      }
      result.append(values)
    }
    return result
  }

  /// The covariance of two sets, times the number of images.
  private func covariance(_ one: Int, _ other: Int) -> DoubleMatrix {
    let rows = starts[one + 1] - starts[one], columns = starts[other + 1] - starts[other]
    let matrix = DoubleMatrix(rows: rows, columns: columns)
    for row in 0..<rows {
      let own = sums[starts[one] + row]
      for column in 0..<columns {
        matrix[row, column] =
          products[starts[one] + row, starts[other] + column]
          - own * sums[starts[other] + column] / Double(images)
      }
    }
    return matrix
  }

  /// The principal directions that explain the variance of a set, each in a row, divided by the deviation along it; `nil`
  /// without variance.
  private func whitening(
    of set: Int, _ algebra: LinearAlgebra
  ) throws(LinearAlgebra.Failure) -> DoubleMatrix? {
    guard images > 1 else { return nil }
    let (ascending, vectors) = try algebra.eigenvectors(of: covariance(set, set))
    let count = ascending.count
    guard let largest = ascending.last, largest > 0 else { return nil }
    // What is no more than the rounding of the sums is no variance.
    let total = ascending.reduce(0) { $0 + max($1, 0) }
    var kept = 0
    var explained = 0.0
    while kept < count, explained < CanonicalCorrelation.explained * total {
      let value = ascending[count - 1 - kept]
      guard value > largest * 1e-10 else { break }
      explained += value
      kept += 1
    }
    let basis = DoubleMatrix(rows: kept, columns: count)
    for index in 0..<kept {
      let source = vectors.row(count - 1 - index)
      let scale = 1 / ascending[count - 1 - index].squareRoot()
      for column in 0..<count { basis[index, column] = source[column] * scale }
    }
    return basis
  }
}
