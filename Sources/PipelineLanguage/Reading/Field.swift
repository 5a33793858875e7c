import Basics
import Definitions

/// A value to be read: a node, its name in messages, and the scope.
///
/// Every reading method returns `nil` after reporting why the value is invalid.
struct Field {
  /// The name of the value in messages: its key, or the list that it is an element of.
  let name: String
  let node: Node
  /// The location of the value's key, or of the value itself if it has none.
  let keySpan: SourceSpan
  var context: ReadingContext

  var span: SourceSpan { node.span }

  func report(_ message: String, notes: @autoclosure () -> [Diagnostic.Note] = []) {
    context.diagnostics.report(message, at: span, notes: notes())
  }

  /// Whether the key has no value.
  var isEmpty: Bool { if case .scalar(let scalar) = node { scalar.isEmpty } else { false } }

  /// The location for messages: the key if there is no value.
  private var visibleSpan: SourceSpan { isEmpty ? keySpan : span }

  func mismatch(_ expected: String) {
    let message =
      isEmpty
      ? "'\(name)' has no value: it must be \(expected)"
      : "'\(name)' must be \(expected), not \(node.kind)"
    context.diagnostics.report(message, at: visibleSpan)
  }

  /// The field's scalar with its references resolved.
  func scalar(_ expected: @autoclosure () -> String) -> ResolvedScalar? {
    guard case .scalar(let scalar) = node, !scalar.isEmpty else {
      mismatch(expected())
      return nil
    }
    return context.resolve(scalar)
  }

  func mismatch(_ expected: String, _ scalar: ResolvedScalar) {
    var notes: [Diagnostic.Note] = []
    if let binding = scalar.binding {
      notes.append(Diagnostic.Note("its value is given here", at: binding.span))
    } else if !scalar.isPlain {
      notes.append(Diagnostic.Note("in quotes it is text"))
    }
    report("'\(name)' must be \(expected), not '\(scalar.text)'", notes: notes)
  }
}

// MARK: - Scalars

extension Field {
  /// Any text, as written.
  func text() -> String? { scalar("text")?.text }

  /// A whole number in a range.
  func integer(in range: ClosedRange<Int>) -> Int? {
    let expected = "a whole number"
    guard let scalar = scalar(expected) else { return nil }
    let integer: Int
    switch scalar.value {
    case .integer(let value)?:
      integer = value
    case nil where scalar.isPlain:
      switch CoreScalar.integer(scalar.text) {
      case .integer(let value):
        integer = value
      case .tooLarge:
        mismatch(
          "\(expected) between \(range.lowerBound) and \(range.upperBound)", scalar)
        return nil
      case .other:
        mismatch(expected, scalar)
        return nil
      }
    default:
      mismatch(expected, scalar)
      return nil
    }
    guard range.contains(integer) else {
      let limits =
        integer < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
      mismatch(limits, scalar)
      return nil
    }
    return integer
  }

  /// A finite number within limits.
  func number(_ limits: NumberLimits) -> Double? {
    guard let scalar = scalar(limits.description) else { return nil }
    let number: Double
    switch scalar.value {
    case .integer(let value)?:
      number = Double(value)
    case .number(let value)?:
      number = value
    case nil where scalar.isPlain:
      guard case .number(let value) = CoreScalar.number(scalar.text) else {
        mismatch(limits.description, scalar)
        return nil
      }
      number = value
    default:
      mismatch(limits.description, scalar)
      return nil
    }
    guard limits.contains(number) else {
      mismatch(limits.description, scalar)
      return nil
    }
    return number
  }

  func bool() -> Bool? {
    let expected = "true or false"
    guard let scalar = scalar(expected) else { return nil }
    switch scalar.value {
    case .bool(let flag)?:
      return flag
    case nil where scalar.isPlain:
      if let flag = CoreScalar.bool(scalar.text) { return flag }
    default:
      break
    }
    mismatch(expected, scalar)
    return nil
  }

  /// One of a few words.
  func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type = Choice.self) -> Choice?
  where Choice.RawValue == String {
    // Most values are valid: the words are collected only for a message.
    if case .scalar(let scalar) = node, let choice = Choice(rawValue: scalar.text) { return choice }
    let words = Choice.allCases.map(\.rawValue)
    return word(words).flatMap(Choice.init(rawValue:))
  }

  /// One of a few words.
  ///
  /// - Parameter others: other permitted forms of the value, for the message.
  func word(_ words: [String], orElse others: [String] = []) -> String? {
    let expected = Field.choice(words + others)
    guard let scalar = scalar(expected) else { return nil }
    if words.contains(scalar.text) { return scalar.text }
    report(
      "'\(name)' must be \(expected), not '\(scalar.text)'",
      notes: Diagnostic.Note.nearest(to: scalar.text, among: words))
    return nil
  }

  /// `image, color or none`
  static func choice(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  /// `8 epochs`, `1 iteration`.
  func length() -> TrainingLength? {
    let expected = "a length such as '8 epochs' or '100 iterations'"
    guard let scalar = scalar(expected) else { return nil }
    let words = scalar.text.split(separator: " ")
    if words.count == 2, case .integer(let count) = CoreScalar.integer(String(words[0])),
      SolverLimits.length.contains(count)
    {
      switch words[1] {
      case "epoch", "epochs": return .epochs(count)
      case "iteration", "iterations": return .iterations(count)
      default: break
      }
    }
    mismatch(expected, scalar)
    return nil
  }

  /// A scalar typed by its own form.
  func binding() -> Binding? {
    guard let scalar = scalar("a number, text, true or false") else { return nil }
    guard
      let value = scalar.value
        ?? Value(inferredFrom: scalar.text, style: scalar.isPlain ? .plain : .quoted)
    else {
      let isTooLarge = scalar.isPlain && CoreScalar.integer(scalar.text) == .tooLarge
      mismatch(
        isTooLarge
          ? "a whole number between \(Int.min) and \(Int.max)"
          : "a finite number, text, true or false", scalar)
      return nil
    }
    return Binding(value: value, text: scalar.text, span: span)
  }
}

/// The range of a number.
struct NumberLimits: Sendable {
  /// Its description in messages: `a positive number`.
  var description: String
  var contains: @Sendable (Double) -> Bool

  static let any = NumberLimits(description: "a number") { _ in true }
  static let positive = NumberLimits(description: "a positive number") { $0 > 0 }
  static let nonNegative = NumberLimits(description: "a number that is not negative") { $0 >= 0 }
  static let belowOne = NumberLimits(description: "a number from 0 to below 1") {
    0 <= $0 && $0 < 1
  }
  /// Of pixel values that were divided by 255.
  static let unitValue = NumberLimits(description: "a number from 0 to 1 (of pixel / 255)") {
    0 <= $0 && $0 <= 1
  }
  /// The same; a smaller one would make inputs that no network can learn from.
  static let unitDeviation = NumberLimits(
    description: "a number from 0.001 to 1 (of pixel / 255)"
  ) { 0.001 <= $0 && $0 <= 1 }
  static let weight = NumberLimits(description: "a number above 0 and up to 1") {
    0 < $0 && $0 <= 1
  }
}

// MARK: - Collections

extension Field {
  /// The elements of a non-empty list.
  func elements(_ expected: String) -> [Field]? {
    guard case .sequence(let sequence) = node else {
      mismatch(expected)
      return nil
    }
    guard !sequence.elements.isEmpty else {
      report("'\(name)' is empty: it must be \(expected)")
      return nil
    }
    return sequence.elements.map {
      Field(name: name, node: $0, keySpan: $0.span, context: context)
    }
  }

  /// Reads every element; `nil` if one of them is invalid.
  func list<Element>(_ expected: String, _ read: (Field) -> Element?) -> [Element]? {
    guard let elements = elements(expected) else { return nil }
    // All elements are read first, so that each error is reported.
    let values = elements.map(read)
    return values.contains { $0 == nil } ? nil : values.compactMap { $0 }
  }

  /// The entries of a non-empty mapping, each as a field named by its key.
  func entries(_ expected: String) -> [(key: ScalarNode, field: Field)]? {
    guard case .mapping(let mapping) = node else {
      mismatch(expected)
      return nil
    }
    guard !mapping.entries.isEmpty else {
      report("'\(name)' is empty: it must be \(expected)")
      return nil
    }
    return mapping.entries.map {
      (
        $0.key,
        Field(name: $0.key.text, node: $0.value, keySpan: $0.key.span, context: context)
      )
    }
  }
}
