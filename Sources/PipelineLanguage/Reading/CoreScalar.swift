import Basics

/// The type of plain text by the core schema of YAML 1.2 (section 10.3.2).
///
/// Truth values are only `true` and `false`, a leading zero does not make a number octal, and there are no
/// sexagesimals, underscores or dates.
enum CoreScalar {
  enum IntegerReading: Equatable {
    case integer(Int)
    /// A whole number beyond 64 bits.
    case tooLarge
    case other
  }

  /// Reads `-3`, `010` (ten), `0x1F`, `0o17`.
  static func integer(_ text: String) -> IntegerReading {
    let bytes = text.utf8
    if text.hasPrefix("0x") || text.hasPrefix("0o") {
      let digits = bytes.dropFirst(2)
      let radix = text.hasPrefix("0x") ? 16 : 8
      guard !digits.isEmpty, digits.allSatisfy({ isDigit($0, radix: radix) }) else {
        return .other
      }
      return Int(text.dropFirst(2), radix: radix).map(IntegerReading.integer) ?? .tooLarge
    }
    let digits = unsigned(bytes)
    guard !digits.isEmpty, digits.allSatisfy({ isDigit($0) }) else { return .other }
    return Int(text).map(IntegerReading.integer) ?? .tooLarge
  }

  enum NumberReading: Equatable {
    case number(Double)
    /// `.nan`, `.inf`, and numbers that exceed a `Double`.
    case notFinite
    case other
  }

  /// Reads `0.01`, `.5`, `1e-3` and whole numbers.
  static func number(_ text: String) -> NumberReading {
    switch integer(text) {
    case .integer(let integer): return .number(Double(integer))
    case .tooLarge, .other: break
    }
    if isSpecial(text) { return .notFinite }
    guard isDecimal(unsigned(text.utf8)), let number = Double(text) else { return .other }
    return number.isFinite ? .number(number) : .notFinite
  }

  static func bool(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }

  static func isNull(_ text: String) -> Bool {
    ["", "~", "null", "Null", "NULL"].contains(text)
  }

  // MARK: - Grammar

  private static func unsigned(_ bytes: String.UTF8View) -> Substring.UTF8View {
    let signed = bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+")
    return bytes.dropFirst(signed ? 1 : 0)
  }

  private static func isDigit(_ byte: UInt8, radix: Int = 10) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "7"): true
    case UInt8(ascii: "8")...UInt8(ascii: "9"): radix >= 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): radix == 16
    default: false
    }
  }

  /// `( "." digits | digits [ "." digits? ] ) [ ("e" | "E") sign? digits ]`
  private static func isDecimal(_ bytes: Substring.UTF8View) -> Bool {
    var rest = bytes
    func digits() -> Int {
      let count = rest.prefix { isDigit($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    var count = digits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      count += digits()
    }
    guard count > 0 else { return false }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
        rest = rest.dropFirst()
      }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  private static func isSpecial(_ text: String) -> Bool {
    let bare = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    return [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(bare)
  }
}

extension Value {
  /// The type of a scalar that no field determines: a parameter's value, or an element of a sweep.
  ///
  /// `nil` for nothing (`~`, `null`), for a number that is not finite and a whole number beyond 64 bits.
  init?(inferredFrom text: String, style: ScalarNode.Style) {
    guard style == .plain else {
      self = .string(text)
      return
    }
    if CoreScalar.isNull(text) { return nil }
    if let flag = CoreScalar.bool(text) {
      self = .bool(flag)
      return
    }
    switch CoreScalar.integer(text) {
    case .integer(let integer): self = .integer(integer)
    case .tooLarge: return nil
    case .other:
      switch CoreScalar.number(text) {
      case .number(let number): self = .number(number)
      case .notFinite: return nil
      case .other: self = .string(text)
      }
    }
  }

  /// The name of the type in messages.
  var typeName: String {
    switch self {
    case .null: "nothing"
    case .bool: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .string: "text"
    case .list: "a list"
    case .map: "a mapping"
    }
  }
}
