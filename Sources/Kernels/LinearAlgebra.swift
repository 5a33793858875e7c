import COpenBLAS

/// Products and decompositions of matrices of doubles.
///
/// Work is divided by shapes alone, and each part is a call of OpenBLAS on one thread: results do not depend on the number of
/// threads.
package struct LinearAlgebra {
  package let blas: BLAS
  package let pool: ThreadPool
  private let buffers: BLAS.Buffers?

  /// - Parameter buffers: the memory that OpenBLAS needs for the pool's threads, if the process's memory is limited.
  package init(_ blas: BLAS, on pool: ThreadPool, holding buffers: BLAS.Buffers? = nil) {
    self.blas = blas
    self.pool = pool
    self.buffers = buffers
  }

  /// The rows of a product that are computed at once.
  private static let blockRows = 128

  /// The product A·B, each as it is or transposed.
  package func product(
    _ a: DoubleMatrix, _ b: DoubleMatrix, transposingFirst aIsTransposed: Bool = false,
    transposingSecond bIsTransposed: Bool = false
  ) -> DoubleMatrix {
    let rows = aIsTransposed ? a.columns : a.rows
    let columns = bIsTransposed ? b.rows : b.columns
    let product = DoubleMatrix(rows: rows, columns: columns)
    multiply(
      a, b, into: product, transposingFirst: aIsTransposed, transposingSecond: bIsTransposed)
    return product
  }

  /// C ← A·B, each as it is or transposed.
  ///
  /// - Precondition: the shapes match.
  package func multiply(
    _ a: DoubleMatrix, _ b: DoubleMatrix, into c: DoubleMatrix,
    transposingFirst aIsTransposed: Bool = false, transposingSecond bIsTransposed: Bool = false
  ) {
    let (rows, inner) = aIsTransposed ? (a.columns, a.rows) : (a.rows, a.columns)
    let (height, columns) = bIsTransposed ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(inner == height && c.rows == rows && c.columns == columns, "shapes match")
    guard rows > 0, columns > 0, inner > 0 else { return }
    let size = LinearAlgebra.blockRows
    pool.run((rows + size - 1) / size) { block, _ in
      let first = block * size
      let count = min(size, rows - first)
      blas.dgemm(
        CblasRowMajor, aIsTransposed ? CblasTrans : CblasNoTrans,
        bIsTransposed ? CblasTrans : CblasNoTrans, blasint(count), blasint(columns),
        blasint(inner), 1, aIsTransposed ? a.start + first : a.row(first), blasint(a.columns),
        b.start, blasint(b.columns), 0, c.row(first), blasint(columns))
    }
  }

  /// Why a matrix could not be decomposed.
  package enum Failure: Error, CustomStringConvertible {
    case noLAPACK
    case notFinite
    case notPositive

    package var description: String {
      switch self {
      case .noLAPACK: "this OpenBLAS was built without LAPACK, which decomposes matrices"
      case .notFinite: "the values are too large, or not numbers"
      case .notPositive: "the matrix is not positive definite"
      }
    }
  }

  /// The eigenvalues of a symmetric matrix, ascending, and its eigenvectors, one in each row.
  ///
  /// - Throws: `Failure`, for a matrix with values that are not finite too.
  package func eigenvectors(
    of matrix: DoubleMatrix
  ) throws(Failure) -> (values: [Double], vectors: DoubleMatrix) {
    let n = matrix.rows
    precondition(matrix.columns == n, "only square matrices have eigenvalues")
    guard let lapack = blas.lapack else { throw .noLAPACK }
    let vectors = DoubleMatrix(rows: n, columns: n)
    guard n > 0 else { return ([], vectors) }
    for index in 0..<n * n {
      let value = matrix.start[index]
      guard value.isFinite else { throw .notFinite }
      vectors.start[index] = value
    }
    var values = [Double](repeating: 0, count: n)
    var order = blasint(n), info: blasint = 0
    var workCount: blasint = -1, integerCount: blasint = -1
    var size = 0.0, integerSize: blasint = 0
    // What it stores column by column, are rows here; a symmetric matrix is the same in both.
    lapack.dsyevd(
      "V", "L", &order, vectors.start, &order, &values, &size, &workCount, &integerSize,
      &integerCount, &info, 1, 1)
    workCount = blasint(size)
    integerCount = integerSize
    let work = AlignedBuffer<Double>(count: Int(workCount))
    let integers = AlignedBuffer<blasint>(count: Int(integerCount))
    lapack.dsyevd(
      "V", "L", &order, vectors.start, &order, &values, work.start, &workCount, integers.start,
      &integerCount, &info, 1, 1)
    guard info == 0 else { throw .notFinite }
    return (values, vectors)
  }

  /// The logarithm of the determinant of a symmetric positive definite matrix, which is overwritten.
  ///
  /// - Throws: `Failure`
  package func logDeterminant(overwriting matrix: DoubleMatrix) throws(Failure) -> Double {
    let n = matrix.rows
    precondition(matrix.columns == n, "only square matrices have a determinant")
    guard let lapack = blas.lapack else { throw .noLAPACK }
    guard n > 0 else { return 0 }
    var order = blasint(n), info: blasint = 0
    lapack.dpotrf("L", &order, matrix.start, &order, &info, 1)
    guard info == 0 else { throw .notPositive }
    var sum = 0.0
    for index in 0..<n {
      let value = matrix[index, index]
      guard value.isFinite else { throw .notFinite }
      sum += 2 * ElementaryFunctions.log(value)
    }
    return sum
  }
}
