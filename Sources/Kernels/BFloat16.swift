import CKernels

/// A pointer to bfloat16 numbers, which are the upper halves of floats.
package typealias BFloats = UnsafeMutablePointer<UInt16>

extension UnsafeMutablePointer<Float> {
  /// The memory as bfloat16 numbers, of which there is room for twice as many.
  package var bfloats: BFloats {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: UInt16.self)
  }
}

/// The instructions that multiply bfloat16 numbers. All levels give the same bits.
package enum BFloat16Level: String, CaseIterable, Sendable {
  case plain, avx2, avx512, amx

  fileprivate var multiply: ck_bf16_multiply? {
    ck_bf16_level(Int32(BFloat16Level.allCases.firstIndex(of: self) ?? 0))
  }

  package var isSupported: Bool { multiply != nil }

  private static let best: BFloat16Level = allCases.last(where: \.isSupported) ?? .plain

  /// The level of products set up from now on: the fastest one, unless a slower instruction set was chosen for all kernels.
  package static var current: BFloat16Level {
    switch KernelLevel.current {
    case .avx512: best
    case .avx2: .avx2
    case .plain: .plain
    }
  }
}

/// Products of matrices of bfloat16 numbers, summed in single precision in the order that `BFloat16.h` states.
package struct BFloat16Products {
  private let multiply: ck_bf16_multiply

  /// The positions of the depth that are summed at once; depths are padded to multiples.
  package static let chunk = 32
  /// The columns of a panel of a right operand.
  package static let panel = 32

  /// - Precondition: the processor supports the level.
  package init(level: BFloat16Level = .current) {
    guard let multiply = level.multiply else {
      preconditionFailure("the processor lacks \(level.rawValue)")
    }
    self.multiply = multiply
  }

  /// Rows of numbers along the depth, in runs.
  package struct Left {
    package var start: BFloats
    /// Numbers from row to row.
    package var row: Int
    /// Where each run begins, in numbers from `start`, and how many there are.
    package var runs: AlignedBuffer<Int>
    package var runCount: Int

    package init(_ start: BFloats, row: Int, runs: AlignedBuffer<Int>, runCount: Int? = nil) {
      self.start = start
      self.row = row
      self.runs = runs
      self.runCount = runCount ?? runs.count
    }
  }

  /// Rows of pairs, one for each column.
  package struct Right {
    package var start: BFloats
    /// Numbers from one row of pairs to the next, and from run to run.
    package var pair: Int
    package var run: Int

    package init(_ start: BFloats, pair: Int = 2 * BFloat16Products.panel, run: Int = 0) {
      self.start = start
      self.pair = pair
      self.run = run
    }
  }

  /// result ← left·right, or result + left·right if it `adds`.
  ///
  /// - Parameters:
  ///   - result: rows that are `stride` floats apart. Rows are computed 16 at a time, so that there must be room for whole
  ///     tiles of the result and of the left operand.
  ///   - chunks: of a run.
  ///   - columns: at most 32; 16 or 32 of them are computed.
  package func multiply(
    _ left: Left, _ right: Right, chunks: Int, rows: Int, columns: Int, into result: Floats,
    stride: Int, adds: Bool
  ) {
    var product = ck_bf16_product(
      a: left.start, b: right.start, c: result, a_row: left.row, b_pair: right.pair,
      b_run: right.run, c_row: stride, a_runs: left.runs.start, runs: left.runCount,
      chunks: chunks, rows: rows, columns: columns > 16 ? 32 : 16, adds: adds ? 1 : 0)
    multiply(&product)
  }
}

// MARK: - Operands

extension BFloat16Products {
  package static func chunks(_ depth: Int) -> Int { (depth + chunk - 1) / chunk }

  /// Rounds rows of floats; columns up to `padded` become 0.
  package static func round(
    _ from: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into to: BFloats,
    row: Int, padded: Int? = nil
  ) {
    ck_bf16_round_rows(to, row, from, stride, rows, columns, padded ?? columns)
  }

  /// Rows of pairs from rows of numbers, two of which make one; a last one without a second is paired with 0.
  package static func pair(
    _ from: BFloats, stride: Int, rows: Int, columns: Int, into to: BFloats, row: Int
  ) {
    ck_bf16_pair_rows(to, row, from, stride, rows, columns)
  }

  /// Rows of so many pairs become columns.
  package static func transpose(
    _ from: BFloats, stride: Int, rows: Int, pairs: Int, into to: BFloats, row: Int
  ) {
    ck_bf16_transpose_words(to, row, from, stride, rows, pairs)
  }

  /// Writes rows of a result where they belong, after a bias for each column, rectified.
  package static func write(
    _ from: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, into to: Floats, row: Int,
    biases: UnsafePointer<Float>? = nil, rectification: Rectification = .none
  ) {
    ck_bf16_write_rows(
      to, row, from, stride, rows, columns, biases, rectification.kind, rectification.limit)
  }
}
