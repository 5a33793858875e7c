import Basics
import OrderedCollections

/// A section's definitions by name.
///
/// A definition that was reported to be wrong stays known, so that what refers to it is not reported
/// as well.
struct Catalogue<Content: Sendable>: Sendable {
  /// What its definitions are, in the plural: `networks`.
  let kind: String
  /// `nil` for what could not be read.
  private(set) var entries: OrderedDictionary<String, Described<Content>?> = [:]
  /// Whether the section as a whole could not be read, so that any name may have been meant.
  private(set) var isBroken = false

  init(kind: String) { self.kind = kind }

  /// Reads a section: a mapping from names to definitions.
  init(
    _ field: Field?, kind: String, singular: String, _ read: (String, Field) -> Content?
  ) {
    self.kind = kind
    guard let field else { return }
    guard case .mapping(let mapping) = field.node else {
      if !field.isEmpty {
        field.mismatch("a mapping from names to \(kind)")
        isBroken = true
      }
      return
    }
    for entry in mapping.entries {
      let name = entry.key.text
      let isNamed = field.context.check(name, .definition, singular, at: entry.key.span)
      let content = read(
        name,
        Field(
          name: name, node: entry.value, keySpan: entry.key.span, context: field.context))
      let described = content.map { Described($0, at: entry.key.span) }
      entries.updateValue(isNamed ? described : nil, forKey: name)
    }
  }

  /// The definition of a name; `nil` where it is unknown, which is reported, or was wrong.
  func find(_ name: String, at span: SourceSpan, _ context: ReadingContext) -> Described<Content>? {
    if let entry = entries[name] { return entry }
    if !isBroken {
      let kind = kind
      let names = entries.keys
      context.diagnostics.report(
        "there is no '\(name)' among the \(kind)", at: span,
        notes: Diagnostic.Note.allowed(Array(names), insteadOf: name, as: kind))
    }
    return nil
  }

  /// What was read without mistakes.
  var good: OrderedDictionary<String, Described<Content>> { entries.compactMapValues { $0 } }
}
