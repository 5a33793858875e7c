import Basics

/// A variable of a run: its value, and what it is to the run's result.
package struct RunVariable: Hashable, Sendable {
  package enum Role: String, Hashable, Sendable, CaseIterable {
    /// It decides how the network is trained or measured: runs that differ in it are different experiments.
    case setting
    /// It decides a seed or a division: runs that differ in it alone are replicates.
    case replicate
    /// It says what the run's place in the design says already, such as its task or n.
    case label
  }

  package var role: Role
  package var content: VariableValue

  package init(_ content: VariableValue, role: Role = .setting) {
    self.content = content
    self.role = role
  }
}

/// What a variable stands for. A number is the same however it is written: `0.02` or `2e-2`.
package enum VariableValue: Hashable, Sendable {
  case number(Double)
  case text(String)
  /// Nothing is said, where comparable runs say something.
  case unstated
}

extension VariableValue {
  /// A number for a text that is one in decimal digits; any other text as it is, and one that has more digits than
  /// a number holds.
  package init(_ text: String) {
    let isDecimal = text.utf8.allSatisfy { byte in
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "+-.eE".utf8.contains(byte)
    }
    if isDecimal, let number = Double(text), number.isFinite, Self.keepsDigits(text, number) {
      self = .number(number == 0 ? 0 : number)
    } else {
      self = .text(text)
    }
  }

  /// A setting or a sweep's value; lists and maps as JSON.
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

  /// Whether a whole number is held with all of its digits.
  private static func keepsDigits(_ text: String, _ number: Double) -> Bool {
    Int(text).map { Double(exactly: $0) != nil }
      ?? (number.magnitude < 0x1p53 || text.utf8.contains { ".eE".utf8.contains($0) })
  }

  package var value: Value {
    switch self {
    case .number(let number): Int(exactly: number).map(Value.integer) ?? .number(number)
    case .text(let text): .string(text)
    case .unstated: .null
    }
  }
}

extension VariableValue: CustomStringConvertible {
  package var description: String {
    switch self {
    case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
    case .text(let text): text
    case .unstated: "not stated"
    }
  }
}

extension RunVariable: ValueConvertible {
  package var value: Value { ["role": .string(role.rawValue), "value": content.value] }
}

extension [String: RunVariable] {
  /// The values of the variables that decide a result.
  package var settings: [String: VariableValue] {
    isEmpty ? [:] : filter { $0.value.role == .setting }.mapValues(\.content)
  }
}
