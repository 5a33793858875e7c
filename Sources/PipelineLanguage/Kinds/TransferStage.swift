import Basics
import Definitions

extension StageSyntax {
  package static let transfer = StageSyntax("transfer", TransferDraft.self)
}

/// `transfer: {from: …, layers: …, on: …, solver: …, seed: …}`
package struct TransferDescription: Sendable {
  /// The source of copied layers; `nil` only if no layer is copied.
  package var source: WeightsSource?
  /// The source's network, or the one named by the stage.
  package var network: Described<NetworkDefinition>
  /// The name of the network in the file; `nil` if it is defined inline.
  package var networkName: String?
  /// The location of the network's last operation.
  package var scores: SourceSpan
  /// One for each layer of the network, in order.
  package var layers: Described<[LayerTreatment]>
  package var task: Described<TaskDefinition>
  package var solver: SolverDefinition
  package var seed: UInt64
  /// Whose mean image is subtracted.
  package var mean: MeanOrigin
  /// When to measure during training; `nil` for never.
  package var validation: Described<ValidationRule>?
  /// The phase of a longer training run that it is; `nil` for none.
  package var phase: TransferPhase?

  package init(
    source: WeightsSource?, network: Described<NetworkDefinition>, networkName: String? = nil,
    scores: SourceSpan,
    layers: Described<[LayerTreatment]>, task: Described<TaskDefinition>,
    solver: SolverDefinition, seed: UInt64, mean: MeanOrigin = .target,
    validation: Described<ValidationRule>? = nil, phase: TransferPhase? = nil
  ) {
    self.source = source
    self.network = network
    self.networkName = networkName
    self.scores = scores
    self.layers = layers
    self.task = task
    self.solver = solver
    self.seed = seed
    self.mean = mean
    self.validation = validation
    self.phase = phase
  }
}

extension TransferDescription: WorkDescription {
  package var stagesRead: [String] { source?.stage.map { [$0.content] } ?? [] }

  package var training: DescribedTraining? {
    DescribedTraining(task: task.content, solver: solver, validation: validation)
  }

  package var taskRead: TaskDefinition? { task.content }

  package var weightsFile: String? {
    if case .file(let path, _)? = source { path.content } else { nil }
  }

  package mutating func resolvePaths(_ resolve: (String) -> String) {
    task.content.resolvePath(resolve)
    if case .file(var path, let names)? = source {
      path.content = resolve(path.content)
      source = .file(path, names)
    }
  }
}

// MARK: - Reading

struct TransferDraft {
  /// What differs from one phase to the next.
  struct Phase {
    var rules: Described<[LayerRule]>
    var solver: SolverDefinition
    var seed: UInt64
    var validation: Described<ValidationRule>?
  }

  var source: WeightsSource?
  /// `nil` for the source's network.
  var network: Described<CheckedNetwork>?
  var rules: Described<[LayerRule]>
  var task: Described<TaskDefinition>
  var solver: SolverDefinition
  var seed: UInt64
  var mean = MeanOrigin.target
  var validation: Described<ValidationRule>?
  var phase: TransferPhase?
  /// The phases before this one, which are stages of their own.
  var earlier: [Phase] = []
}

extension TransferDraft: StageDraft {
  static var title: String { "a transfer stage" }
  static var isReportable: Bool { false }
  static var trainsNetwork: Bool { true }

  var networkRead: Described<String>? { source?.stage }

  static func read(_ field: Field, _ reader: inout StageReader) -> TransferDraft? {
    guard var fields = FieldReader(field, Subject("'transfer'")) else { return nil }
    let network = fields.optional("network", default: Described<CheckedNetwork>?.none) {
      reader.findNetwork($0).map(Optional.some)
    }
    let source = fields.optional("from", default: WeightsSource?.none) {
      $0.weightsSource(for: network??.content).map(Optional.some)
    }
    let mean = fields.meanOrigin(source: source)
    let task = fields.required("on") { reader.tasks.findTraining($0) }
    let phases = fields.phases(&reader)
    fields.finish()
    guard let source, let network else { return nil }
    if source == nil,
      let reason = TransferSource.missing(rules: phases?.first?.rules, network: network)
    {
      field.context.diagnostics.report("'transfer' lacks 'from': \(reason)", at: field.keySpan)
      return nil
    }
    if case .file? = source, network == nil {
      field.context.diagnostics.report(
        "'transfer' lacks 'network': a file of weights does not record its network",
        at: field.keySpan)
      return nil
    }
    guard let task, let phases, let last = phases.last, let mean else { return nil }
    return TransferDraft(
      source: source, network: network, rules: last.rules, task: task, solver: last.solver,
      seed: last.seed, mean: mean, validation: last.validation, earlier: phases.dropLast())
  }

  func stages(named name: String) -> [(name: String, draft: any StageDraft)] {
    guard !earlier.isEmpty else { return [(name, self)] }
    let last = Phase(rules: rules, solver: solver, seed: seed, validation: validation)
    return stages(of: earlier + [last], as: TransferPhase.all(earlier.count + 1, name: nil), name)
  }

  /// A stage for each phase, the first of which copies from the source and every other one from the phase before.
  func stages(
    of phases: [Phase], as places: [TransferPhase], _ name: String
  ) -> [(name: String, draft: any StageDraft)] {
    var stages: [(name: String, draft: any StageDraft)] = []
    for (index, (phase, place)) in zip(phases, places).enumerated() {
      var draft = TransferDraft(
        source: source, network: network, rules: phase.rules, task: task, solver: phase.solver,
        seed: phase.seed, mean: mean, validation: phase.validation, phase: place)
      if let before = stages.last {
        draft.source = .stage(Described(before.name, at: phase.rules.span))
      }
      stages.append((TransferPhase.stageName(name, index, of: phases.count), draft))
    }
    return stages
  }

  func resolve(_ resolver: inout StageResolver, at position: Int) -> (any WorkDescription)? {
    let context = resolver.context
    let trained = resolver.network(readBy: position)
    // A transfer with an invalid source cannot be checked further.
    if source?.stage != nil, trained == nil { return nil }
    guard let network = network ?? trained?.network,
      let treatments = resolver.treatments.treatments(rules, of: network.content, context)
    else { return nil }
    if self.network != nil, let trained,
      !CopiedShapes(source: trained.network.content, network: network.content, context: context)
        .check(treatments, at: rules.span)
    {
      return nil
    }
    let result = TrainedNetwork(network: network, task: task)
    resolver.keep(result, at: position)
    if let trained {
      resolver.fit.checkTransfer(result, from: trained, treatments, at: rules.span, mean: mean)
    }
    if case .file(let path, _)? = source { resolver.fit.checkFile(path, treatments, on: task) }
    LearningLayers(network: network.content, context: context).check(treatments, at: rules.span)
    KeptWeightsFit.check(solver, validation, context)
    resolver.fit.checkBatch(of: solver, on: task)
    let warning = SingleValueNorms.warning(
      network.content.definition, treatments, solver, images: nil, at: rules.span)
    if let warning { context.diagnostics.report(warning) }
    return TransferDescription(
      source: source, network: network.definition, networkName: network.content.name,
      scores: network.content.places.scores, layers: Described(treatments, at: rules.span),
      task: task, solver: solver, seed: seed, mean: mean, validation: validation, phase: phase)
  }
}

extension FieldReader {
  /// Reads `layers`, `solver`, `seed` and `validate`, of the whole transfer or of each of its `phases`, which take what
  /// they leave out from the whole.
  fileprivate mutating func phases(_ stages: inout StageReader) -> [TransferDraft.Phase]? {
    guard let choice = atMostOne(of: ["layers", "phases"]) else {
      // Known all the same.
      for key in ["solver", "seed", "validate"] { _ = field(key) }
      return nil
    }
    guard let phases = choice, phases.name == "phases" else {
      return phase(in: nil, &stages).map { [$0] }
    }
    let whole = PhaseDefaults(
      solver: optional("solver", default: SolverDefinition?.none) {
        stages.findSolver($0).map(Optional.some)
      },
      seed: optional("seed", default: 0) { $0.seed() },
      validation: optional("validate", default: Described<ValidationRule>?.none) {
        $0.validationRule().map(Optional.some)
      })
    return phases.list("a list of phases") { field in
      guard var reader = FieldReader(field, Subject("phase")) else { return nil }
      let phase = reader.phase(in: whole, &stages)
      reader.finish()
      return phase
    }
  }

  /// What phases take from the whole transfer; in each, `nil` if errors were reported.
  private struct PhaseDefaults {
    var solver: SolverDefinition??
    var seed: UInt64?
    var validation: Described<ValidationRule>??
  }

  private mutating func phase(
    in whole: PhaseDefaults?, _ stages: inout StageReader
  ) -> TransferDraft.Phase? {
    let rules = required("layers") { stages.readLayerRules($0) }
    let solver: SolverDefinition?
    switch whole?.solver {
    case .some(.some(let shared)):
      solver = optional("solver", default: shared) { stages.findSolver($0) }
    // Errors in the shared one were reported.
    case .none where whole != nil: solver = field("solver").flatMap { stages.findSolver($0) }
    default: solver = required("solver") { stages.findSolver($0) }
    }
    let seed = optional("seed", default: whole?.seed ?? 0) { $0.seed() }
    let validation = optional("validate", default: whole?.validation ?? nil) {
      $0.validationRule().map(Optional.some)
    }
    guard let rules, let solver, let seed, let validation,
      whole.map({ $0.seed != nil && $0.validation != nil }) ?? true
    else { return nil }
    return TransferDraft.Phase(rules: rules, solver: solver, seed: seed, validation: validation)
  }

  /// Reads a transfer's `mean`.
  ///
  /// - Parameter source: `nil` if an error in it was reported.
  fileprivate mutating func meanOrigin(source: WeightsSource??) -> MeanOrigin? {
    guard let field = field("mean") else { return .target }
    guard let origin: MeanOrigin = field.choice() else { return nil }
    if origin == .source, let source, source?.stage == nil {
      let what = source == nil ? "nothing is copied" : "a file of weights has none"
      field.report("there is no source mean image: \(what)")
      return nil
    }
    return origin
  }
}
