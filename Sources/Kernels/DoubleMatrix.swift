/// A matrix of doubles in row-major order, in memory of its own: for analyses, whose sums need more digits than training.
///
/// Copies share the memory.
package struct DoubleMatrix {
  package let rows: Int
  package let columns: Int
  private let buffer: AlignedBuffer<Double>

  /// A matrix of zeros.
  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    buffer = AlignedBuffer(count: rows * columns)
  }

  /// - Precondition: as many values as the matrix has.
  package init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns, "values must fill the matrix")
    self.init(rows: rows, columns: columns)
    buffer.copy(values)
  }

  package var start: UnsafeMutablePointer<Double> { buffer.start }

  /// Where a row begins.
  package func row(_ row: Int) -> UnsafeMutablePointer<Double> { buffer.start + row * columns }

  package subscript(row: Int, column: Int) -> Double {
    get { buffer.start[row * columns + column] }
    nonmutating set { buffer.start[row * columns + column] = newValue }
  }

  /// All values, row by row.
  package var values: [Double] { buffer.values }
}
