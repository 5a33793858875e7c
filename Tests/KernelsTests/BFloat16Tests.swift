import Kernels
import Testing

/// Products of bfloat16 numbers against a naive twin, whose bits every level must give.
@Suite struct BFloat16Tests {
  /// Rounds to the nearest, ties to even; what is too small for a normal number becomes 0.
  private static func rounded(_ x: Float) -> UInt16 {
    if x.isNaN { return UInt16(x.bitPattern >> 16) | 0x40 }
    if x.magnitude < .leastNormalMagnitude { return x.sign == .minus ? 0x8000 : 0 }
    let low = UInt16(truncatingIfNeeded: x.bitPattern >> 16)
    let rest = x.bitPattern & 0xFFFF
    return rest > 0x8000 || rest == 0x8000 && low % 2 == 1 ? low + 1 : low
  }

  private static func float(_ number: UInt16) -> Float {
    Float(bitPattern: UInt32(number) << 16)
  }

  /// 0 for what is no normal number.
  private static func flushed(_ x: Float) -> Float {
    x.isSubnormal ? (x.sign == .minus ? -0 : 0) : x
  }

  /// Values of all magnitudes from 2^-range to 2^range.
  private static func values(_ count: Int, seed: UInt64, range: Int) -> [Float] {
    someValues(count, seed: seed).enumerated().map { index, value in
      Float(sign: .plus, exponent: index * 7919 % (2 * range + 1) - range, significand: value)
    }
  }

  private static func buffer(_ values: [Float]) -> AlignedBuffer<UInt16> {
    AlignedBuffer(values.map(rounded))
  }

  struct Case: Sendable, CustomStringConvertible {
    var rows, columns, runs, chunks: Int
    var adds: Bool
    /// Of the exponents: with 60, products are too small for a normal number.
    var range = 3
    var description: String {
      "\(rows) × \(runs) · \(chunks) · 32 × \(columns)\(adds ? ", added" : "") 2^±\(range)"
    }
  }

  static let cases = [
    Case(rows: 16, columns: 16, runs: 1, chunks: 1, adds: false),
    Case(rows: 37, columns: 32, runs: 3, chunks: 2, adds: false),
    Case(rows: 64, columns: 16, runs: 2, chunks: 5, adds: true),
    Case(rows: 1, columns: 32, runs: 1, chunks: 3, adds: true),
    Case(rows: 33, columns: 32, runs: 2, chunks: 2, adds: true, range: 62),
  ]

  @Test(arguments: cases, BFloat16Level.allCases.filter(\.isSupported))
  func productsHaveTheBitsOfTheTwin(
    shape: Case, level: BFloat16Level
  ) throws {
    let whole = (shape.rows + 15) / 16 * 16
    let depth = shape.chunks * 32
    // Runs overlap, and rows and pairs are further apart than they are long.
    let row = depth + 6, pair = 2 * shape.columns + 10, run = depth / 2 * pair + 4
    let starts = (0..<shape.runs).map { $0 * 10 }
    let left = BFloat16Tests.buffer(
      BFloat16Tests.values(whole * row + 100, seed: 1, range: shape.range))
    let right = BFloat16Tests.buffer(
      BFloat16Tests.values(shape.runs * run + 100, seed: 2, range: shape.range))
    let before = BFloat16Tests.values(whole * 40, seed: 3, range: shape.range)
    let result = FloatBuffer(before)
    BFloat16Products(level: level).multiply(
      .init(left.start, row: row, runs: AlignedBuffer(starts)),
      .init(right.start, pair: pair, run: run), chunks: shape.chunks, rows: shape.rows,
      columns: shape.columns, into: result.start, stride: 40, adds: shape.adds)
    var wrong = 0
    for index in 0..<shape.rows {
      for column in 0..<shape.columns {
        var sum = shape.adds ? before[index * 40 + column] : 0
        for part in 0..<shape.runs {
          for chunk in 0..<shape.chunks {
            var even: Float = 0, odd: Float = 0
            for k in 0..<16 {
              let a = left.start + starts[part] + index * row + chunk * 32 + 2 * k
              let b = right.start + part * run + (chunk * 16 + k) * pair + 2 * column
              func term(_ sum: Float, _ a: UInt16, _ b: UInt16) -> Float {
                BFloat16Tests.flushed(
                  sum.addingProduct(BFloat16Tests.float(a), BFloat16Tests.float(b)))
              }
              even = term(even, a[0], b[0])
              odd = term(odd, a[1], b[1])
            }
            sum = BFloat16Tests.flushed(
              BFloat16Tests.flushed(sum) + BFloat16Tests.flushed(even + odd))
          }
        }
        if sum.bitPattern != result.start[index * 40 + column].bitPattern { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  @Test func everyProcessorHasALevel() {
    #expect(BFloat16Level.plain.isSupported)
    #expect(BFloat16Level.current.isSupported)
  }

  @Test func numbersAreRoundedToTheNearest() {
    var values: [Float] = [
      0, -0, 1, -1, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNormalMagnitude,
      .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1.000002p-8,
      3.14159, -2.71828,
    ]
    values += BFloat16Tests.values(500, seed: 5, range: 100)
    let (count, padded) = (values.count, values.count + 9)
    let result = AlignedBuffer<UInt16>([UInt16](repeating: 7, count: 2 * padded))
    BFloat16Products.round(
      values, stride: 0, rows: 2, columns: count, into: result.start, row: padded, padded: padded)
    let expected = values.map(BFloat16Tests.rounded) + [UInt16](repeating: 0, count: 9)
    #expect(result.values == expected + expected)
    let nan: [Float] = [.nan, Float(bitPattern: 0x7F80_0001)]
    BFloat16Products.round(nan, stride: 2, rows: 1, columns: 2, into: result.start, row: 2)
    #expect(result.values.prefix(2).allSatisfy { BFloat16Tests.float($0).isNaN })
  }

  @Test(arguments: [(1, 1), (2, 16), (7, 33), (16, 5), (50, 37), (48, 64)])
  func pairsAndTransposition(rows: Int, columns: Int) {
    let from = (0..<rows * (columns + 3)).map { UInt16(truncatingIfNeeded: $0 &* 40_503) }
    let source = AlignedBuffer<UInt16>(from)
    let pairRows = (rows + 1) / 2
    let paired = AlignedBuffer<UInt16>(count: pairRows * (2 * columns + 4))
    BFloat16Products.pair(
      source.start, stride: columns + 3, rows: rows, columns: columns, into: paired.start,
      row: 2 * columns + 4)
    let turned = AlignedBuffer<UInt16>(count: columns * (2 * pairRows + 6))
    BFloat16Products.transpose(
      paired.start, stride: 2 * columns + 4, rows: pairRows, pairs: columns, into: turned.start,
      row: 2 * pairRows + 6)
    var wrong = 0
    for row in 0..<2 * pairRows {
      for column in 0..<columns {
        let expected = row < rows ? from[row * (columns + 3) + column] : 0
        let pair = row / 2 * (2 * columns + 4) + 2 * column + row % 2
        let turn = column * (2 * pairRows + 6) + row
        if paired.start[pair] != expected || turned.start[turn] != expected { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }

  @Test(arguments: [5, 32], [Rectification.none, .positive, .clipped(limit: 0.5)])
  func resultsAreWrittenWhereTheyBelong(columns: Int, rectification: Rectification) {
    let from = someValues(3 * 32, seed: 8), biases = someValues(columns, seed: 9)
    for hasBiases in [false, true] {
      let result = FloatBuffer([Float](repeating: 9, count: 3 * 40))
      biases.withUnsafeBufferPointer {
        BFloat16Products.write(
          from, stride: 32, rows: 3, columns: columns, into: result.start, row: 40,
          biases: hasBiases ? $0.baseAddress : nil, rectification: rectification)
      }
      for row in 0..<3 {
        for column in 0..<40 {
          var expected: Float = 9
          if column < columns {
            expected = from[row * 32 + column] + (hasBiases ? biases[column] : 0)
            switch rectification {
            case .none: break
            case .positive: expected = max(expected, 0)
            case .clipped(let limit): expected = min(max(expected, 0), limit)
            }
          }
          #expect(result.start[row * 40 + column] == expected)
        }
      }
    }
  }
}
