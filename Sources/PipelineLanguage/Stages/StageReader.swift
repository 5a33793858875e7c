import Basics
import Definitions

/// Reads what a stage does, at one point of its sweep.
struct StageReader {
  let tasks: Tasks
  let networks: Catalogue<CheckedNetwork>
  let solvers: Catalogue<SolverDefinition>
  private var inlineNetworks = InlineDefinitions<CheckedNetwork>()
  private var inlineSolvers = InlineDefinitions<SolverDefinition>()

  init(_ library: Library) {
    tasks = library.tasks
    networks = library.networks
    solvers = library.solvers
  }

  /// Reads `{train: {…}}`; `for` has been read, and removed, before.
  mutating func read(_ field: Field, name: String) -> StageDraft? {
    guard var reader = FieldReader(field, Subject("stage", name)) else { return nil }
    // Not there any more, but a possible key.
    _ = reader.field(Field.sweepKey)
    let work = reader.one(of: ["train", "transfer", "evaluate", "report"])
    reader.finish()
    guard let work else { return nil }
    switch work.name {
    case "train": return train(work).map(StageDraft.train)
    case "transfer": return transfer(work).map(StageDraft.transfer)
    case "evaluate": return evaluate(work).map(StageDraft.evaluate)
    default: return report(work).map(StageDraft.report)
    }
  }

  private mutating func train(_ field: Field) -> TrainDraft? {
    guard var reader = FieldReader(field, Subject("'train'")) else { return nil }
    let network = reader.required("network") { findNetwork($0) }
    let task = reader.required("on") { tasks.findTraining($0) }
    let solver = reader.required("solver") { findSolver($0) }
    let seed = reader.optional("seed", default: 0) { $0.seed() }
    let validation = reader.optional("validate", default: Described<ValidationRule>?.none) {
      $0.validationRule().map(Optional.some)
    }
    reader.finish()
    guard let network, let task, let solver, let seed, let validation else { return nil }
    return TrainDraft(
      network: network, task: task, solver: solver, seed: seed, validation: validation)
  }

  private mutating func transfer(_ field: Field) -> TransferDraft? {
    guard var reader = FieldReader(field, Subject("'transfer'")) else { return nil }
    let network = reader.optional("network", default: Described<CheckedNetwork>?.none) {
      findNetwork($0).map(Optional.some)
    }
    let source = reader.optional("from", default: WeightsSource?.none) {
      $0.weightsSource(for: network??.content).map(Optional.some)
    }
    let mean = reader.meanOrigin(source: source)
    let rules = reader.required("layers") { field in
      field.layerRules().map { Described($0, at: field.keySpan) }
    }
    let task = reader.required("on") { tasks.findTraining($0) }
    let solver = reader.required("solver") { findSolver($0) }
    let seed = reader.optional("seed", default: 0) { $0.seed() }
    let validation = reader.optional("validate", default: Described<ValidationRule>?.none) {
      $0.validationRule().map(Optional.some)
    }
    reader.finish()
    guard let source, let network else { return nil }
    if source == nil, let reason = TransferSource.missing(rules: rules, network: network) {
      field.context.diagnostics.report("'transfer' lacks 'from': \(reason)", at: field.keySpan)
      return nil
    }
    if case .file? = source, network == nil {
      field.context.diagnostics.report(
        "'transfer' lacks 'network': a file of weights does not say of which network they are",
        at: field.keySpan)
      return nil
    }
    guard let rules, let task, let solver, let seed, let mean, let validation else { return nil }
    return TransferDraft(
      source: source, network: network, rules: rules, task: task, solver: solver, seed: seed,
      mean: mean, validation: validation)
  }

  private func evaluate(_ field: Field) -> EvaluateDraft? {
    guard var reader = FieldReader(field, Subject("'evaluate'")) else { return nil }
    let network = reader.required("network") { $0.stageName() }
    let task = reader.optional("on", default: Described<TaskDefinition>?.none) {
      tasks.find($0).map(Optional.some)
    }
    let subset = reader.optional("subset", default: Portion.test) { $0.choice() }
    let score = reader.optional("score", default: Described<ScoreRule>?.none) {
      $0.scoreRule().map(Optional.some)
    }
    reader.finish()
    guard let network, let task, let subset, let score else { return nil }
    return EvaluateDraft(network: network, task: task, subset: subset, score: score)
  }

  /// Reads `all`, or `{of: [names and patterns]}`.
  private func report(_ field: Field) -> ReportDraft? {
    if case .scalar = field.node {
      return field.word(["all"], orElse: ["{of: [names and patterns]}"]).map { _ in
        ReportDraft(patterns: nil, span: field.span)
      }
    }
    guard var reader = FieldReader(field, Subject("'report'")) else { return nil }
    let patterns = reader.optional("of", default: [Described<String>]?.none) { field in
      if case .scalar = field.node { return field.stageName().map { [$0] } }
      return field.list("a list of stages") { $0.stageName() }.map(Optional.some)
    }
    reader.finish()
    guard let patterns else { return nil }
    return ReportDraft(patterns: patterns, span: field.keySpan)
  }
}

// MARK: - What stages refer to

extension StageReader {
  /// A network by name, or written in place.
  mutating func findNetwork(_ field: Field) -> Described<CheckedNetwork>? {
    if case .mapping = field.node {
      return inlineNetworks.read(field) { CheckedNetwork.read(nil, $0) }
        .map { Described($0, at: field.span) }
    }
    guard let name = field.scalar("a network's name, or a network")?.text else { return nil }
    return networks.find(name, at: field.span, field.context)
  }

  /// A solver by name, or written in place.
  mutating func findSolver(_ field: Field) -> SolverDefinition? {
    if case .mapping = field.node {
      return inlineSolvers.read(field) { SolverDefinition.read(nil, $0) }
    }
    guard let name = field.scalar("a solver's name, or a solver")?.text else { return nil }
    return solvers.find(name, at: field.span, field.context)?.content
  }
}

extension Field {
  fileprivate func stageName() -> Described<String>? {
    scalar("a stage's name").map { Described($0.text, at: span) }
  }
}

/// Definitions written in place, each read once for all points of a sweep that it is the same for.
private struct InlineDefinitions<Content> {
  private struct Key: Hashable {
    var span: SourceSpan
    /// What the names that the definition refers to stand for.
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

extension FieldReader {
  /// Reads a transfer's `mean`.
  ///
  /// - Parameter source: `nil` where it was reported to be wrong.
  fileprivate mutating func meanOrigin(source: WeightsSource??) -> MeanOrigin? {
    guard let field = field("mean") else { return .target }
    guard let origin: MeanOrigin = field.choice() else { return nil }
    if origin == .source, let source, source?.stage == nil {
      let what = source == nil ? "nothing is copied" : "a file of weights has none"
      field.report("there is no source's mean image: \(what)")
      return nil
    }
    return origin
  }
}
