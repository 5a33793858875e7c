import Basics
import Definitions

/// Reads the work of a stage at one point of its sweep.
struct StageReader {
  let tasks: Tasks
  let networks: Catalogue<CheckedNetwork>
  let solvers: Catalogue<SolverDefinition>
  private let kinds: [StageSyntax]
  private let keys: [String]
  private var inlineNetworks = InlineDefinitions<CheckedNetwork>()
  private var inlineSolvers = InlineDefinitions<SolverDefinition>()
  private var layerRules = InlineDefinitions<[LayerRule]>()

  /// - Parameter kinds: the syntax of stages; empty if only definitions are read.
  init(_ library: Library, kinds: [StageSyntax] = []) {
    self.kinds = kinds
    keys = kinds.map(\.key)
    tasks = library.tasks
    networks = library.networks
    solvers = library.solvers
  }

  /// Reads `{train: {…}}`; `for` has already been read and removed.
  mutating func read(_ field: Field, name: String) -> (any StageDraft)? {
    guard var reader = FieldReader(field, Subject("stage", name)) else { return nil }
    // Removed, but still a valid key.
    _ = reader.field(Field.sweepKey)
    let work = reader.one(of: keys)
    reader.finish()
    guard let work, let kind = kinds.first(where: { $0.key == work.name }) else { return nil }
    return kind.draft.read(work, &self)
  }
}

// MARK: - What stages refer to

extension StageReader {
  /// A network by name, or defined inline.
  mutating func findNetwork(_ field: Field) -> Described<CheckedNetwork>? {
    if case .mapping = field.node {
      return inlineNetworks.read(field) { CheckedNetwork.read(nil, $0) }
        .map { Described($0, at: field.span) }
    }
    guard let name = field.scalar("a network's name, or a network")?.text else { return nil }
    return networks.find(name, at: field.span, field.context)
  }

  /// A solver by name, or defined inline.
  mutating func findSolver(_ field: Field) -> SolverDefinition? {
    if case .mapping = field.node {
      return inlineSolvers.read(field) { SolverDefinition.read(nil, $0) }
    }
    guard let name = field.scalar("a solver's name, or a solver")?.text else { return nil }
    return solvers.find(name, at: field.span, field.context)?.content
  }
}

extension StageReader {
  /// The entries of a transfer's layers.
  mutating func readLayerRules(_ field: Field) -> Described<[LayerRule]>? {
    layerRules.read(field) { $0.layerRules() }.map { Described($0, at: field.keySpan) }
  }
}

extension Field {
  func stageName() -> Described<String>? {
    scalar("a stage's name").map { Described($0.text, at: span) }
  }
}

/// Inline definitions, each read once for all points of a sweep with the same values.
private struct InlineDefinitions<Content> {
  private struct Key: Hashable {
    var span: SourceSpan
    /// The values of the names that the definition refers to.
    var values: [String?]
  }

  private var references: [SourceSpan: [String]] = [:]
  private var definitions: [Key: Content?] = [:]

  mutating func read(_ field: Field, _ read: (Field) -> Content?) -> Content? {
    let names = references[field.span] ?? field.node.references.sorted()
    references[field.span] = names
    let key = Key(span: field.span, values: names.map { field.context.scope[$0]?.text })
    if let known = definitions[key] { return known }
    let definition = read(field)
    definitions.updateValue(definition, forKey: key)
    return definition
  }
}
