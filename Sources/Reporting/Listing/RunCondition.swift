import Basics
import Planning

/// A condition on a field of runs: `n>=3`, `treatment=AnB+`, `run=test-*`, `outcome!=missing`.
package struct RunCondition: Sendable {
  package enum Relation: String, Hashable, Sendable, CaseIterable {
    // Longer ones first, since they begin like shorter ones.
    case atLeast = ">="
    case atMost = "<="
    case other = "!="
    case equal = "="
    case above = ">"
    case below = "<"
  }

  package var field: String
  package var relation: Relation
  package var value: VariableValue
  /// Of a text with wildcards.
  private var pattern: NamePattern?

  /// - Throws: `DiagnosticError` for text of another form.
  package init(_ text: String) throws(DiagnosticError) {
    var found: (range: Range<String.Index>, relation: Relation)?
    for relation in Relation.allCases {
      guard let range = text.firstRange(of: relation.rawValue) else { continue }
      if let known = found, known.range.lowerBound <= range.lowerBound { continue }
      found = (range, relation)
    }
    guard let found, found.range.lowerBound > text.startIndex else {
      throw DiagnosticError(
        "'\(text)' is not a condition",
        notes: [.init("write a field, one of = != > < >= <=, and a value: 'n>=3', 'run=test-*'")])
    }
    field = String(text[..<found.range.lowerBound]).trimmed
    relation = found.relation
    let written = String(text[found.range.upperBound...]).trimmed
    value = VariableValue(written)
    if NamePattern.hasWildcard(written) { pattern = NamePattern(written) }
    switch (relation, value) {
    case (.equal, _), (.other, _), (_, .number): break
    default:
      throw DiagnosticError(
        "'\(text)' compares with '\(written)', which is not a number",
        notes: [.init("text is compared with = and !=")])
    }
  }

  /// Whether a value meets it. A missing one is other than any value, and otherwise does not.
  func holds(for value: VariableValue?) -> Bool {
    switch relation {
    case .equal: return value.map(isEqual) ?? false
    case .other: return !(value.map(isEqual) ?? false)
    case .above, .below, .atLeast, .atMost:
      guard case .number(let own)? = value, case .number(let limit) = self.value else {
        return false
      }
      return switch relation {
      case .above: own > limit
      case .below: own < limit
      case .atLeast: own >= limit
      default: own <= limit
      }
    }
  }

  private func isEqual(_ other: VariableValue) -> Bool {
    if other == value { return true }
    if let pattern { return pattern.matches("\(other)") }
    return "\(other)" == "\(value)"
  }
}
