/// Ranges of the numbers in a results file.
enum ResultsLimits {
  /// Layers.
  static let depth = 0...1_000
  /// Images.
  static let count = 1...1_000_000_000
  static let classes = 2...1_000_000_000
}

/// A text as a non-negative whole number. Spreadsheets and data frames write `2.0` if a column has gaps.
enum WholeNumber: Equatable {
  case number(Int)
  /// Too large to be represented exactly.
  case tooLarge
  /// Anything else, including negative zero.
  case other

  private static let largest = 9_007_199_254_740_992.0

  init(_ text: String) {
    if let number = Int(text) {
      self = number < 0 || text.hasPrefix("-") ? .other : .number(number)
      return
    }
    let isDecimal = text.utf8.allSatisfy { byte in
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "+-.eE".utf8.contains(byte)
    }
    guard isDecimal, let number = Double(text), number.sign == .plus else {
      self = .other
      return
    }
    guard number <= WholeNumber.largest else {
      self = .tooLarge
      return
    }
    self = Int(exactly: number).map(WholeNumber.number) ?? .other
  }
}
