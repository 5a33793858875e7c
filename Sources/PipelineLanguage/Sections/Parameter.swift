import Basics

/// A parameter: its value, and the values that may replace it.
struct Parameter {
  var binding: Binding
  var rule: ParameterRule
  /// The location of its declaration: the value, or the long form.
  var declaration: SourceSpan
  /// Whether the value is from the command line.
  var isSet = false
}

/// The permitted values of a parameter.
struct ParameterRule {
  enum ValueType: String, CaseIterable {
    case integer, number, bool, text

    /// The type inferred from a value.
    init(of value: Value) {
      switch value {
      case .integer: self = .integer
      case .number: self = .number
      case .bool: self = .bool
      default: self = .text
      }
    }

    /// The description of a value of this type in messages.
    var description: String {
      switch self {
      case .integer: "a whole number"
      case .number: "a number"
      case .bool: "true or false"
      case .text: "text"
      }
    }

    var isNumeric: Bool { self == .integer || self == .number }
  }

  /// Why a value is not permitted: what is expected instead, and whether its type is wrong.
  struct Complaint: Error {
    var expected: String
    var isOfType: Bool

    func note(for parameter: Parameter) -> Diagnostic.Note {
      Diagnostic.Note(
        isOfType ? "its value in the file determines its type" : "it is declared here",
        at: parameter.declaration)
    }
  }

  var type: ValueType
  var least: Binding?
  var most: Binding?
  /// Empty if any value of the type is permitted.
  var choices: [Binding] = []

  /// Converts text to a value of the parameter.
  func value(of text: String) -> Result<Value, Complaint> {
    guard let value = typed(text) else {
      return .failure(Complaint(expected: type.description, isOfType: true))
    }
    return complaint(about: value).map { .failure($0) } ?? .success(value)
  }

  private func typed(_ text: String) -> Value? {
    switch type {
    case .integer:
      if case .integer(let integer) = CoreScalar.integer(text) { .integer(integer) } else { nil }
    case .number:
      if case .number(let number) = CoreScalar.number(text) { .number(number) } else { nil }
    case .bool: CoreScalar.bool(text).map(Value.bool)
    case .text: .string(text)
    }
  }

  /// Why a value of the correct type is not permitted.
  func complaint(about value: Value) -> Complaint? {
    if let least, Parameter.isLess(value, least.value) {
      return Complaint(expected: "at least \(least.text)", isOfType: false)
    }
    if let most, Parameter.isLess(most.value, value) {
      return Complaint(expected: "at most \(most.text)", isOfType: false)
    }
    if !choices.isEmpty, !choices.contains(where: { $0.value.fingerprint == value.fingerprint }) {
      return Complaint(
        expected: Field.choice(choices.map(\.text)), isOfType: false)
    }
    return nil
  }
}

// MARK: - Reading

extension Parameter {
  fileprivate static func isLess(_ left: Value, _ right: Value) -> Bool {
    guard let left = left.double, let right = right.double else { return false }
    return left < right
  }

  /// Reads a value, or `{type: integer, default: 20, min: 1, max: 100, choices: […]}`.
  static func read(_ name: String, _ field: Field) -> Parameter? {
    guard case .mapping = field.node else {
      return field.binding().map {
        Parameter(
          binding: $0, rule: ParameterRule(type: .init(of: $0.value)), declaration: $0.span)
      }
    }
    guard var reader = FieldReader(field, Subject("parameter", name)) else { return nil }
    let declaredType = reader.optional("type", default: ParameterRule.ValueType?.none) {
      $0.choice(ParameterRule.ValueType.self).map(Optional.some)
    }
    guard let declaredType else {
      // Without a type, nothing else can be checked, but the keys are valid.
      for key in ["default", "min", "max", "choices"] { _ = reader.field(key) }
      reader.finish()
      return nil
    }
    let binding = reader.required("default") { $0.binding(of: declaredType) }
    let type = declaredType ?? binding.map { ParameterRule.ValueType(of: $0.value) }
    let least = reader.limit("min", of: type)
    let most = reader.limit("max", of: type)
    let choices = reader.optional("choices", default: []) { $0.choices(of: type) }
    reader.finish()
    guard let binding, let type, let least, let most, let choices else { return nil }
    let rule = ParameterRule(type: type, least: least, most: most, choices: choices)
    if let least, let most, isLess(most.value, least.value) {
      field.report("'min' is greater than 'max'")
      return nil
    }
    if let complaint = rule.complaint(about: binding.value) {
      field.context.diagnostics.report(
        "'default' must be \(complaint.expected), not '\(binding.text)'", at: binding.span)
      return nil
    }
    return Parameter(binding: binding, rule: rule, declaration: field.span)
  }
}

extension FieldReader {
  /// A limit on a number; inner `nil` for none.
  fileprivate mutating func limit(_ key: String, of type: ParameterRule.ValueType?) -> Binding?? {
    guard let field = field(key) else { return .some(nil) }
    if let type, !type.isNumeric {
      context.diagnostics.report(
        "'\(key)' is for numbers: \(subject) is \(type.description)", at: field.keySpan)
      return nil
    }
    return field.binding(of: type ?? .number).map(Optional.some)
  }
}

extension Field {
  /// A scalar of a type; of the inferred type if `type` is `nil`.
  fileprivate func binding(of type: ParameterRule.ValueType?) -> Binding? {
    guard let type else { return binding() }
    let value: Value? =
      switch type {
      case .integer: integer(in: Int.min...Int.max).map(Value.integer)
      case .number: number(.any).map(Value.number)
      case .bool: bool().map(Value.bool)
      case .text: text().map(Value.string)
      }
    guard let value, case .scalar(let scalar) = node else { return nil }
    return Binding(value: value, text: scalar.text, span: span)
  }

  fileprivate func choices(of type: ParameterRule.ValueType?) -> [Binding]? {
    guard let choices = list("a list of values", { $0.binding(of: type) }) else { return nil }
    return distinct(choices.map { Described($0.text, at: $0.span) }, "choice") ? choices : nil
  }
}
