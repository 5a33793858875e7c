import COpenBLAS

/// The memory layout of a matrix: row-major with a distance between rows, used as it is or transposed.
package struct Matrix {
  package var start: UnsafePointer<Float>
  /// Floats from one stored row to the next.
  package var stride: Int
  package var isTransposed: Bool

  package init(_ start: UnsafePointer<Float>, stride: Int, isTransposed: Bool = false) {
    self.start = start
    self.stride = stride
    self.isTransposed = isTransposed
  }

  package init(_ start: Floats, stride: Int, isTransposed: Bool = false) {
    self.init(UnsafePointer(start), stride: stride, isTransposed: isTransposed)
  }

  /// The same memory, transposed.
  package var transposed: Matrix {
    Matrix(start, stride: stride, isTransposed: !isTransposed)
  }
}

extension BLAS {
  /// C ← A·B, or C ← C + A·B: A is m×k, B is k×n, C is m×n, row-major with `stride` floats per row.
  ///
  /// Runs on the calling thread only.
  package func multiply(
    _ a: Matrix, _ b: Matrix, into c: Floats, stride: Int, m: Int, n: Int, k: Int,
    accumulating: Bool = false
  ) {
    sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
      b.isTransposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a.start,
      blasint(a.stride), b.start, blasint(b.stride), accumulating ? 1 : 0, c, blasint(stride))
  }
}
