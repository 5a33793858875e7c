import Basics
import Glibc

/// A variable of a run: its value and its role.
package struct RunVariable: Hashable, Sendable {
  package enum Role: String, Hashable, Sendable, CaseIterable {
    /// Determines how the network is trained or measured: runs that differ in it are different experiments.
    case setting
    /// Determines a seed or a division: runs that differ only in it are replicates.
    case replicate
    /// Repeats what the run's place in the design states, such as its task or n.
    case label
  }

  package var role: Role
  package var content: VariableValue

  package init(_ content: VariableValue, role: Role = .setting) {
    self.content = content
    self.role = role
  }
}

/// The value of a variable. Numbers are equal however they are written: `0.02` or `2e-2`.
package enum VariableValue: Hashable, Sendable {
  case number(Double)
  case text(String)
  /// The content of a file or a dataset.
  case content(NamedContent)
  /// Not stated, although comparable runs state it.
  case unstated
}

/// Content that is equal if its digest is, and shown by its name.
package struct NamedContent: Hashable, Sendable {
  /// The beginning of the digest, in hexadecimal digits.
  package var digest: String
  package var name: String

  package init(digest: String, name: String) {
    self.digest = digest
    self.name = name
  }

  package static func == (first: NamedContent, second: NamedContent) -> Bool {
    first.digest == second.digest
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

extension VariableValue {
  /// A number if the text is one in decimal digits; other text unchanged, including text with more digits than a
  /// number holds.
  package init(_ text: String) {
    let isDecimal = text.utf8.allSatisfy { byte in
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "+-.eE".utf8.contains(byte)
    }
    if isDecimal, let number = Double(text), number.isFinite, Self.keepsDigits(text, number) {
      // Of a text with so few digits, the number has no more.
      let isShort = text.utf8.count <= Self.digits
      self = .number(number == 0 ? 0 : isShort ? number : Self.asWritten(number))
    } else {
      self = .text(text)
    }
  }

  /// The value of a setting or a sweep variable; lists and maps as JSON.
  package init(_ value: Value) {
    switch value {
    case .null: self = .text("none")
    case .bool(let flag): self = .text("\(flag)")
    case .integer(let integer): self.init("\(integer)")
    case .number(let number): self.init("\(number)")
    case .string(let text): self.init(text)
    case .list, .map: self = .text(value.json())
    }
  }

  /// As many significant digits as every decimal number keeps that is read and written again.
  private static let digits = 15

  /// The number rounded to 15 significant digits if it has more: `0.1 + 0.2` is 0.3. Numbers written with that many
  /// digits are unchanged, and so are whole numbers.
  private static func asWritten(_ number: Double) -> Double {
    guard Int(exactly: number) == nil else { return number }
    var text = [CChar](repeating: 0, count: 40)
    let length = withVaList([number]) { vsnprintf(&text, text.count, "%.15g", $0) }
    guard length > 0, length < text.count else { return number }
    return Double(String(decoding: text.prefix(Int(length)).map(UInt8.init), as: UTF8.self))
      ?? number
  }

  /// Whether a whole number is represented with all of its digits.
  private static func keepsDigits(_ text: String, _ number: Double) -> Bool {
    Int(text).map { Double(exactly: $0) != nil }
      ?? (number.magnitude < 0x1p53 || text.utf8.contains { ".eE".utf8.contains($0) })
  }

  package var value: Value {
    switch self {
    case .number(let number): Int(exactly: number).map(Value.integer) ?? .number(number)
    case .text(let text): .string(text)
    case .content(let content): .string(content.digest)
    case .unstated: .null
    }
  }
}

extension VariableValue: CustomStringConvertible {
  package var description: String {
    switch self {
    case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
    case .text(let text): text
    case .content(let content): content.name
    case .unstated: "not stated"
    }
  }
}

extension RunVariable: ValueConvertible {
  package var value: Value { ["role": .string(role.rawValue), "value": content.value] }
}

extension [String: RunVariable] {
  /// The values of the variables that determine results.
  package var settings: [String: VariableValue] {
    isEmpty ? [:] : filter { $0.value.role == .setting }.mapValues(\.content)
  }
}
