import Basics
import Definitions

/// The phases in which a study trains the networks of a treatment, each as a stage: which layers learn in each.
struct StudyPhases: Sendable {
  /// Part of the names of stages, and of the treatment's label in reports.
  var name: String
  var phases: [Phase]

  struct Phase: Sendable {
    var learning: [Selection]
    var span: SourceSpan
    /// `nil` for the study's.
    var solver: SolverDefinition?
  }

  /// Layers by what the treatment does with them, or by name or position.
  enum Selection: Sendable {
    case all, copied, initialized
    case layers(LayerRule)
  }
}

extension StudyPhases.Phase {
  /// The rules of the phase's stage, one for each layer; `nil` after an error was reported.
  ///
  /// - Parameters:
  ///   - origins: of the layers, by the treatment.
  ///   - isFrozen: whether copied layers never learn.
  ///   - isFirst: whether layers come from where the treatment says; they are copied from the phase before otherwise.
  func rules(
    _ origins: [LayerOrigin], isFrozen: Bool, isFirst: Bool, in network: CheckedNetwork,
    _ context: ReadingContext
  ) -> Described<[LayerRule]>? {
    let coverage = LayerCoverage(network: network, context: context)
    var learns = [Bool](repeating: false, count: origins.count)
    for selection in learning {
      switch selection {
      case .all: learns = learns.map { _ in true }
      case .copied:
        for index in origins.indices where origins[index] == .copied { learns[index] = true }
      case .initialized:
        for index in origins.indices where origins[index] == .initialized { learns[index] = true }
      case .layers(let rule):
        guard let indices = coverage.indices(rule) else { return nil }
        for index in indices { learns[index] = true }
      }
    }
    if isFrozen,
      let trained = origins.indices.first(where: { origins[$0] == .copied && learns[$0] })
    {
      context.diagnostics.report(
        "the treatment freezes the copied layers, but this phase trains "
          + "'\(network.definition.layers[trained].name)'", at: span,
        notes: [
          Diagnostic.Note(
            "a treatment whose copied layers learn ends with '+', or has 'then: fine-tune'")
        ])
      return nil
    }
    let rules = zip(network.definition.layers, zip(origins, learns)).map { layer, treatment in
      let (origin, learns) = treatment
      let isCopied = !isFirst || origin == .copied
      let verb: LayerVerb =
        isCopied ? (learns ? .fineTune : .freeze) : (learns ? .initialize : .random)
      return LayerRule(
        selector: .layer(layer.name), text: layer.name, span: span, action: LayerAction(verb: verb))
    }
    return Described(rules, at: span)
  }
}

// MARK: - Reading

extension FieldReader {
  /// Reads `name` and `phases` of a treatment: `{…, name: lp-ft, phases: [{learn: initialized, solver: probe}, {learn:
  /// all}]}`; inner `nil` if there are none.
  mutating func studyPhases(_ stages: inout StageReader) -> StudyPhases?? {
    let phasesField = field("phases")
    let nameField = field("name")
    guard let phasesField else {
      guard let nameField else { return .some(nil) }
      nameField.context.diagnostics.report(
        "'name' is that of phases, but the treatment has none", at: nameField.keySpan)
      return nil
    }
    let name = phasesName(nameField, of: phasesField)
    let phases = phasesField.list("a list of phases") { field -> StudyPhases.Phase? in
      guard var reader = FieldReader(field, Subject("phase")) else { return nil }
      let learning = reader.required("learn") { $0.learningLayers() }
      let solver = reader.optional("solver", default: SolverDefinition?.none) {
        stages.findSolver($0).map(Optional.some)
      }
      reader.finish()
      guard let learning, let solver else { return nil }
      return .init(learning: learning, span: field.span, solver: solver)
    }
    guard let name, let phases else { return nil }
    return StudyPhases(name: name, phases: phases)
  }

  private func phasesName(_ field: Field?, of phases: Field) -> String? {
    guard let field else {
      phases.context.diagnostics.report(
        "the treatment lacks 'name', which distinguishes its phases in names and reports",
        at: phases.keySpan)
      return nil
    }
    guard let name = field.scalar("a name")?.text,
      field.context.check(name, .definition, "phases", at: field.span)
    else { return nil }
    if name == Treatment.otherWord {
      field.report("phases cannot be called '\(name)': reports use the word for other treatments")
      return nil
    }
    return name
  }
}

extension Field {
  /// Reads `all`, `copied`, `initialized`, a selector of layers, or a list of them.
  fileprivate func learningLayers() -> [StudyPhases.Selection]? {
    if case .sequence = node {
      return list("a list of layers") { $0.learningSelection() }
    }
    return learningSelection().map { [$0] }
  }

  private func learningSelection() -> StudyPhases.Selection? {
    guard let text = scalar("'all', 'copied', 'initialized', or layers such as 'last 2'")?.text
    else { return nil }
    switch text {
    case "all": return .all
    case LayerOrigin.copied.rawValue: return .copied
    case LayerOrigin.initialized.rawValue: return .initialized
    case LayerSelector.restWord:
      report(
        "'rest' selects nothing here",
        notes: [.init("write 'all', 'copied', 'initialized', or layers by name or position")])
      return nil
    default:
      return .layers(
        LayerRule(
          selector: LayerSelector(text), text: text, span: span,
          action: LayerAction(verb: .fineTune)))
    }
  }
}
