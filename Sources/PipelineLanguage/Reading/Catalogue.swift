import Basics
import OrderedCollections

/// The definitions of a section by name.
///
/// A definition with errors stays known, so that references to it are not reported as well.
struct Catalogue<Content: Sendable> {
  /// The source of a definition, not yet read.
  private struct Source {
    var field: Field
    /// The names that it refers to.
    var references: Set<String>
  }

  /// What the section defines, in the plural: `networks`.
  let kind: String
  private let singular: String
  private let read: (String, Field) -> Content?
  /// `nil` for definitions with errors.
  private(set) var entries: OrderedDictionary<String, Described<Content>?> = [:]
  private var sources: [String: Source] = [:]
  /// Whether a part of the section could not be read, so that any name might be valid.
  private(set) var isBroken = false
  /// The number of values repeated by sweeps so far.
  private var repeated = 0

  /// Reads a section: in each file, a mapping from names to definitions.
  ///
  /// - Parameter isBroken: whether a part of the section is known to be missing.
  init(
    _ fields: [Field], kind: String, singular: String, isBroken: Bool = false,
    _ read: @escaping (String, Field) -> Content?
  ) {
    self.kind = kind
    self.singular = singular
    self.read = read
    self.isBroken = isBroken
    for field in fields { add(field) }
  }

  private mutating func add(_ section: Field) {
    guard case .mapping(let mapping) = section.node else {
      if !section.isEmpty {
        section.mismatch("a mapping from names to \(kind)")
        isBroken = true
      }
      return
    }
    for entry in mapping.entries {
      let field = Field(
        name: entry.key.text, node: entry.value, keySpan: entry.key.span, context: section.context)
      if field.isSwept { expand(entry.key, field) } else { add(entry.key.text, field) }
    }
  }

  /// Adds a definition for every point of its sweep.
  private mutating func expand(_ template: ScalarNode, _ field: Field) {
    let diagnostics = field.context.diagnostics
    guard let sweep = field.sweep(of: template) else {
      isBroken = true
      return
    }
    guard let count = sweep.count, count <= Sweep.mostStages - entries.count else {
      isBroken = true
      diagnostics.report(
        "'\(template.text)' adds more than \(Sweep.mostStages) \(kind)", at: template.span)
      return
    }
    guard field.mayRepeat(count, template, &repeated) else {
      isBroken = true
      return
    }
    let body = field.withoutSweep
    sweep.forEachPoint { point in
      diagnostics.enter(point)
      let field = body.at(point)
      if let name = field.context.resolve(template)?.text {
        add(name, field)
      } else {
        isBroken = true
      }
      diagnostics.point = nil
    }
  }

  private mutating func add(_ name: String, _ field: Field) {
    let isNamed = field.context.check(name, .definition, singular, at: field.keySpan)
    if let earlier = sources[name] {
      field.context.diagnostics.report(
        "\(singular) '\(name)' is defined twice", at: field.keySpan,
        notes: [Diagnostic.Note("it is first defined here", at: earlier.field.keySpan)])
      return
    }
    sources[name] = Source(field: field, references: field.node.references)
    let content = read(name, field).map { Described($0, at: field.keySpan) }
    entries.updateValue(isNamed ? content : nil, forKey: name)
  }

  /// The definition of a name; `nil` if it has errors, or is unknown, which is reported.
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

  /// The same section with different values of parameters: definitions that refer to them are read again.
  func rebound(to parameters: [String: Binding]) -> Catalogue {
    var result = self
    for (name, source) in sources
    where parameters.contains(where: { source.references.contains($0.key) }) {
      var context = source.field.context
      context.scope.parameters.merge(parameters) { $1 }
      var field = source.field
      field.context = context
      let content = read(name, field).map { Described($0, at: field.keySpan) }
      if case .some(.some) = entries[name] { result.entries.updateValue(content, forKey: name) }
    }
    return result
  }

  /// The number of values in the definitions that refer to one of the names.
  func size(referringTo names: Set<String>) -> Int {
    sources.values.reduce(0) {
      $1.references.isDisjoint(with: names) ? $0 : $0 + $1.field.node.size
    }
  }

  /// The names that a definition refers to.
  func references(of name: String) -> Set<String> { sources[name]?.references ?? [] }

  /// The definitions without errors.
  var good: OrderedDictionary<String, Described<Content>> { entries.compactMapValues { $0 } }
}
