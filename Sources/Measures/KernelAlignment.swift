import Kernels

/// Linear centred kernel alignment of two sets of features for the same images, summed up over batches (Kornblith et al.
/// 2019, with the unbiased estimate of Nguyen, Raghu and Kornblith 2021).
///
/// For each batch and pair, HSIC is estimated without bias (Song et al. 2012, equation 5), so that its expectation does not
/// depend on the size of batches: with K̃ the Gram matrix of n images without its diagonal,
///
///     HSIC(K, L) = (tr K̃L̃ + 1ᵀK̃1·1ᵀL̃1 / ((n − 1)(n − 2)) − 2 / (n − 2)·1ᵀK̃L̃1) / (n(n − 3))
///
/// The alignment is Σ HSIC(K, L) / √(Σ HSIC(K, K)·Σ HSIC(L, L)) over batches, each weighted by its images.
package struct KernelAlignment {
  private let first: Int
  private let second: Int
  /// Sums for each pair of a first and a second set, row by row.
  private var cross: [Double]
  /// Sums for each set with itself: the first ones, then the second ones.
  private var own: [Double]
  /// The same of the absolute values of its terms, which say how much rounding leaves.
  private var magnitudes: [Double]

  /// - Parameters:
  ///   - first: the number of sets on one side, the rows of the result.
  ///   - second: those on the other side.
  package init(first: Int, second: Int) {
    self.first = first
    self.second = second
    cross = Array(repeating: 0, count: first * second)
    own = Array(repeating: 0, count: first + second)
    magnitudes = own
  }

  /// The smallest batch that says anything.
  package static let leastImages = 4

  /// A Gram matrix of a batch without its diagonal, and the sums of its rows.
  package struct Kernel {
    let images: Int
    let values: DoubleMatrix
    let rowSums: [Double]
    let sum: Double

    /// - Parameters:
    ///   - features: one row for each image.
    ///   - algebra: multiplies.
    package init(_ features: DoubleMatrix, _ algebra: LinearAlgebra) {
      images = features.rows
      features.centerColumns()
      values = algebra.product(features, features, transposingSecond: true)
      var sums = [Double](repeating: 0, count: images)
      for row in 0..<images {
        values[row, row] = 0
        var sum = 0.0
        for column in 0..<images { sum += values[row, column] }
        sums[row] = sum
      }
      rowSums = sums
      sum = sums.reduce(0, +)
    }
  }

  /// Adds a batch.
  ///
  /// - Parameters:
  ///   - kernels: of each set of one side.
  ///   - others: of each set of the other side, for the same images.
  package mutating func add(_ kernels: [Kernel], _ others: [Kernel]) {
    precondition(kernels.count == first && others.count == second, "a kernel for each set")
    guard let images = kernels.first?.images, images >= KernelAlignment.leastImages else { return }
    let weight = Double(images)
    for (row, kernel) in kernels.enumerated() {
      addOwn(kernel, at: row, weight)
      for (column, other) in others.enumerated() {
        cross[row * second + column] += weight * KernelAlignment.estimate(kernel, other).value
      }
    }
    for (column, other) in others.enumerated() {
      addOwn(other, at: first + column, weight)
    }
  }

  private mutating func addOwn(_ kernel: Kernel, at position: Int, _ weight: Double) {
    let estimate = KernelAlignment.estimate(kernel, kernel)
    own[position] += weight * estimate.value
    magnitudes[position] += weight * estimate.magnitude
  }

  /// The share of the terms' absolute values below which their sum is rounding: features of which all images but one are
  /// the same have exactly zero.
  private static let rounding = 1e-9

  /// Whether features differ among images by more than rounding.
  private func varies(_ position: Int) -> Bool {
    own[position] > KernelAlignment.rounding * magnitudes[position]
  }

  /// The alignment of each pair, row by row; `nil` where features do not differ among images, or only in one of a batch, so
  /// that there is nothing to align.
  package var values: [[Double?]] {
    (0..<first).map { row in
      (0..<second).map { column in
        let scale = own[row] * own[first + column]
        guard varies(row), varies(first + column), scale.isFinite, scale > 0 else { return nil }
        return cross[row * second + column] / scale.squareRoot()
      }
    }
  }

  /// The unbiased estimate of HSIC, summed in a fixed order, and that of its terms' absolute values.
  private static func estimate(
    _ one: Kernel, _ other: Kernel
  ) -> (value: Double, magnitude: Double) {
    let n = Double(one.images)
    var trace = 0.0
    let count = one.images * one.images
    for index in 0..<count { trace += one.values.start[index] * other.values.start[index] }
    var products = 0.0
    for (a, b) in zip(one.rowSums, other.rowSums) { products += a * b }
    let sums = one.sum * other.sum / ((n - 1) * (n - 2))
    let scale = n * (n - 3)
    return (
      (trace + sums - 2 / (n - 2) * products) / scale,
      (abs(trace) + abs(sums) + 2 / (n - 2) * abs(products)) / scale
    )
  }
}

extension DoubleMatrix {
  /// Subtracts the mean of each column. A column of equal values becomes zero.
  package func centerColumns() {
    guard rows > 0 else { return }
    // Around the first value, so that equal ones leave no rounding behind.
    var means = [Double](repeating: 0, count: columns)
    let first = row(0)
    for index in 1..<max(rows, 1) {
      let values = row(index)
      for column in 0..<columns { means[column] += values[column] - first[column] }
    }
    for column in 0..<columns { means[column] = first[column] + means[column] / Double(rows) }
    for index in 0..<rows {
      let values = row(index)
      for column in 0..<columns { values[column] -= means[column] }
    }
  }
}
