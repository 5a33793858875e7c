import Kernels

/// Matrices X of images × values by the eigenvalues of XᵀX and XXᵀ, whichever is smaller, which is what linear classifiers and
/// scores need of them.
struct GramSpectrum {
  /// Of the smaller product, ascending; those that are zero but for rounding are 0.
  let values: [Double]
  /// One eigenvector in each row: of XᵀX (values), or of XXᵀ (images).
  let vectors: DoubleMatrix
  /// Whether the vectors are of XᵀX.
  let isOfColumns: Bool
  let matrix: DoubleMatrix
  let algebra: LinearAlgebra

  /// - Throws: `LinearAlgebra.Failure`
  init(_ matrix: DoubleMatrix, _ algebra: LinearAlgebra) throws(LinearAlgebra.Failure) {
    self.matrix = matrix
    self.algebra = algebra
    isOfColumns = matrix.columns <= matrix.rows
    let product =
      isOfColumns
      ? algebra.product(matrix, matrix, transposingFirst: true)
      : algebra.product(matrix, matrix, transposingSecond: true)
    let (found, vectors) = try algebra.eigenvectors(of: product)
    self.vectors = vectors
    let noise = (found.last ?? 0) * Double(max(matrix.rows, matrix.columns)) * 0x1p-52
    values = found.map { $0 > noise ? $0 : 0 }
  }

  /// The coordinates of columns with a number for each image, in the singular vectors of the images: uᵢᵀy for each eigenvalue
  /// (a row) and column.
  ///
  /// Those of eigenvalue 0 are 0 if there are fewer values than images: they cannot be distinguished from what no value explains.
  func coordinates(of columns: DoubleMatrix) -> DoubleMatrix {
    if !isOfColumns { return algebra.product(vectors, columns) }
    // u = X v / √λ
    let products = algebra.product(
      vectors, algebra.product(matrix, columns, transposingFirst: true))
    for (row, value) in values.enumerated() {
      let factor = value > 0 ? 1 / value.squareRoot() : 0
      let target = products.row(row)
      for column in 0..<products.columns { target[column] *= factor }
    }
    return products
  }

  /// The weights W = (XᵀX + c)⁻¹ Xᵀ Y, values × columns of Y.
  ///
  /// - Parameter coordinates: those of Y.
  func ridgeWeights(_ coordinates: DoubleMatrix, constant: Double) -> DoubleMatrix {
    // In the basis of v: √λ / (λ + c) · uᵀy; in that of u, of which W = Xᵀ (XXᵀ + c)⁻¹ Y: 1 / (λ + c) · uᵀy.
    let scaled = DoubleMatrix(rows: coordinates.rows, columns: coordinates.columns)
    for (row, value) in values.enumerated() where value > 0 {
      let factor = (isOfColumns ? value.squareRoot() : 1) / (value + constant)
      for column in 0..<coordinates.columns {
        scaled[row, column] = coordinates[row, column] * factor
      }
    }
    let combined = algebra.product(vectors, scaled, transposingFirst: true)
    return isOfColumns ? combined : algebra.product(matrix, combined, transposingFirst: true)
  }
}
