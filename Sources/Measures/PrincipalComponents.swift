import Basics
import Kernels

/// The two directions in which activations vary most, and the place of each image along them.
package struct PrincipalComponents: Hashable, Sendable {
  /// Of each image, along the first and the second direction.
  package var places: [SIMD2<Double>]
  /// The shares of the variance along them.
  package var shares: SIMD2<Double>

  /// - Throws: `DiagnosticError` if the activations are not finite.
  package init(of features: LabelledFeatures, _ algebra: LinearAlgebra) throws {
    let spectrum: GramSpectrum
    do { spectrum = try GramSpectrum(features.centred, algebra) } catch {
      throw DiagnosticError("the activations have no principal components: \(error)")
    }
    let total = spectrum.values.reduce(0, +)
    places = Array(repeating: .zero, count: features.count)
    shares = .zero
    guard total > 0 else { return }
    for index in 0..<min(2, spectrum.values.count) {
      let value = spectrum.values[spectrum.values.count - 1 - index]
      guard value > 0 else { continue }
      shares[index] = value / total
      let scores = spectrum.scores(ofLast: index)
      // The sign is free: the largest coordinate is positive.
      let largest = scores.max { ($0.magnitude) < ($1.magnitude) } ?? 0
      for image in scores.indices {
        places[image][index] = largest < 0 ? -scores[image] : scores[image]
      }
    }
  }
}

extension GramSpectrum {
  /// The coordinates of the images along the direction of the last eigenvalue, or one before it: X v.
  func scores(ofLast index: Int) -> [Double] {
    let row = values.count - 1 - index
    let vector = DoubleMatrix(rows: vectors.columns, columns: 1)
    for place in 0..<vectors.columns { vector[place, 0] = vectors[row, place] }
    if isOfColumns { return algebra.product(matrix, vector).values }
    // X v = √λ u
    return vector.values.map { $0 * values[row].squareRoot() }
  }
}
