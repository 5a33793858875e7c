import Basics
import Definitions
import PipelineLanguage

extension StageForm {
  package static let train = StageForm(.train, TrainDescription.self)
  package static let transfer = StageForm(.transfer, TransferDescription.self)
}

extension TrainDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    draft.addTraining(
      stage, network: network.content, scores: scores, treatments: nil, task: task,
      solver: solver, seed: seed, source: nil, validation: validation?.content,
      networkName: networkName)
  }
}

extension TransferDescription: PlannableDescription {
  package func draft(_ stage: StageDescription, into draft: inout PlanDraft) {
    draft.addTraining(
      stage, network: network.content, scores: scores, treatments: layers.content, task: task,
      solver: solver, seed: seed, source: source, mean: mean, layersSpan: layers.span, phase: phase,
      validation: validation?.content, networkName: networkName)
  }
}

extension PlanDraft {
  fileprivate mutating func addTraining(
    _ stage: StageDescription, network: NetworkDefinition, scores: SourceSpan,
    treatments: [LayerTreatment]?, task: Described<TaskDefinition>, solver: SolverDefinition,
    seed: UInt64,
    source: WeightsSource?, mean: MeanOrigin = .target, layersSpan: SourceSpan? = nil,
    phase: TransferPhase? = nil, validation: ValidationRule?, networkName: String?
  ) {
    guard let (dataset, resolvedClasses) = resolve(task) else { return }
    let classes = resolvedClasses.names
    if let problem = ScoresFit.problem(network, scores: scores, classes: classes.count, task: task)
    {
      report(DiagnosticError([problem]), at: task.span)
      return
    }
    guard imagesSuffice(network.input, dataset, task) else { return }
    let resolved = networks.entry(network, classes: classes.count)
    var copied: CopySource?
    if let source, let treatments, let layersSpan {
      guard let found = copySource(source),
        copiedShapesAgree(
          from: found, to: resolved, layers: treatments, at: layersSpan, task: task.content)
      else { return }
      copied = found
    }

    let limit = dataset.limit(task.content, classes: resolvedClasses)
    let images = resolvedClasses.images(
      of: .train, in: dataset.facts, holdOut: dataset.holdOut, limit: limit ?? .max)
    guard isMeasurable(images, .train, of: task) else { return }
    for warning in TrainingWarning.all(
      in: solver, validation, images: images, task: task.content.title)
    {
      if trainingWarnings[warning] == nil {
        trainingWarnings[warning] = .init(stage: stage.name, span: task.span)
      } else {
        trainingWarnings[warning]?.others += 1
      }
    }
    var measuredImages = 0
    for subset in validation?.subsets ?? [] {
      let count = resolvedClasses.images(of: subset, in: dataset.facts, holdOut: dataset.holdOut)
      guard isMeasurable(count, subset, of: task) else { return }
      measuredImages += count
    }
    // A batch of one image is known from the file alone, and was warned of.
    if solver.imagesAtOnce > 1,
      let warning = SingleValueNorms.warning(
        network,
        treatments ?? network.layers.map { LayerTreatment(layer: $0.name, verb: .initialize) },
        solver, images: images, at: task.span), !warnings.contains(warning)
    {
      warnings.append(warning)
    }
    let identity = identity(
      network: resolved, classes: resolvedClasses, seed: seed, layers: treatments ?? [],
      source: copied?.identity)
    let work = TrainWork(
      network: resolved.network, treatments: treatments, classes: classes,
      holdOut: dataset.holdOut, examples: limit, preprocessing: dataset.preprocessing, mean: mean,
      solver: solver, seed: seed, stream: RandomStream(seed: identity.leadingBits),
      weights: copied?.file, validation: validation, data: dataset.input,
      copied: source?.stage.map { input(TrainWork.sourceRole, from: $0.content) },
      trainingImages: images, measuredImages: measuredImages)
    append(stage, work)
    // A later phase continues what the one before began.
    let earlier = phase?.isFirst == false ? source?.stage.flatMap { training[$0.content] } : nil
    training[stage.name] = TrainingRole(
      work: work, task: task.content, taskSpan: task.span, classes: resolvedClasses,
      identity: identity, network: resolved,
      networkName: networkName ?? self.networkName(network),
      sourceName: earlier.map(\.sourceName) ?? copied?.label,
      origin: earlier.map(\.origin) ?? work.copied,
      treatments: work.treatments(of: phase, after: earlier?.treatments),
      phases: phase?.name,
      settings: runSettings(
        of: work, network: resolved.open, dataset: dataset, task: task.content,
        classes: resolvedClasses, source: source?.stage.flatMap { training[$0.content] },
        continues: earlier != nil),
      variables: stage.ownVariables)
  }

  /// Whether images that keep their own size are as large as a network's input; adds a diagnostic where they are not.
  /// Where the file tells their size, the language has checked it.
  private mutating func imagesSuffice(
    _ input: Shape, _ dataset: PreparedDataset, _ task: Described<TaskDefinition>
  ) -> Bool {
    let name = task.content.dataset
    guard let size = dataset.ownSize,
      input.height > size.height || input.width > size.width,
      let definition = description.datasets[name]?.content
    else { return true }
    let border = 2 * definition.preprocessing.border
    guard input.height > size.height + border || input.width > size.width + border else {
      return true
    }
    let padding =
      border > 0 ? ", with their padding \(size.height + border)×\(size.width + border)" : ""
    diagnostics.append(
      .error(
        "the network reads \(input), but images of dataset '\(name)' are "
          + "\(size.height)×\(size.width)\(padding)", at: task.span,
        notes: [
          .init("'size: [\(input.height), \(input.width)]' in the dataset would resize them"),
          .init("the dataset is here", at: description.datasets[name]?.span),
        ]))
    return false
  }

  /// The settings that determine a training run, beyond its seeds and its place in the design. Classes are included
  /// if they were listed; a random division is represented by its number of tasks.
  private mutating func runSettings(
    of work: TrainWork, network: RunSettings.Section, dataset: PreparedDataset,
    task: TaskDefinition, classes: ResolvedClasses, source: TrainingRole?, continues: Bool
  ) -> RunSettings {
    var tasks: Int?
    if case .random(_, _, let count) = task.classes { tasks = count }
    let key = RunSettingsKey(
      network: network.fingerprint, solver: settings.entry(work.solver).fingerprint,
      dataset: dataset.input, tasks: tasks, isWhole: task.classes == .all,
      classes: tasks == nil ? classes.fingerprint : nil, holdOut: work.holdOut?.amount,
      mean: work.mean, layers: work.layers, weights: work.weights, validation: work.validation,
      source: source?.settings.fingerprint, continues: continues,
      names: source?.settings.names ?? [:])
    if let known = runSettings[key] { return known }
    let found = computedRunSettings(
      of: work, network: network, dataset: dataset, task: task, source: source,
      continues: continues)
    runSettings[key] = found
    return found
  }

  private func computedRunSettings(
    of work: TrainWork, network: RunSettings.Section, dataset: PreparedDataset,
    task: TaskDefinition, source: TrainingRole?, continues: Bool
  ) -> RunSettings {
    var sections = [
      "network": network, "solver": RunSettings.Section(settings.entry(work.solver)),
      "preprocessing": dataset.preprocessingSection,
      "dataset": RunSettings.Section(dataset.settings, dataset.input.fingerprint),
    ]
    switch task.classes {
    case .random(_, _, let tasks): sections["tasks"] = RunSettings.Section(.integer(tasks))
    case .named, .listed:
      sections["classes"] = RunSettings.Section(settings.entry(ClassesSetting(work.classes)))
    case .all: break
    }
    if let holdOut = work.holdOut { sections["hold-out"] = .init(holdOut.amount.value) }
    if work.mean != .target { sections["mean"] = .init(.string(work.mean.rawValue)) }
    let layers = work.layers
    if TreatmentKind.kind(of: layers).kind == .other {
      sections["layers"] = .init(.list(layers.map(\.value)))
    } else {
      let rates = layers.filter { $0.rate != 1 }
      if !rates.isEmpty {
        sections["rates"] = .init(
          .map(
            Dictionary(
              rates.map { ($0.layer, .number($0.rate)) }, uniquingKeysWith: { first, _ in first })))
      }
    }
    let imitating = layers.filter(\.imitatesSource)
    if !imitating.isEmpty {
      sections["distribution"] = .init(.list(imitating.map { .string($0.layer) }))
    }
    let byBatch = layers.filter { $0.verb.state == .frozen && $0.normalizesByBatch }
    if !byBatch.isEmpty {
      sections["statistics"] = .init(.list(byBatch.map { .string($0.layer) }))
    }
    if let weights = work.weights {
      sections["weights"] = .init(
        ["content": .string(weights.content.hexadecimal), "names": weights.names.value])
    }
    if let validation = work.validation, validation.selects {
      sections["validate"] = .init(validation.value)
    }
    if let source, continues {
      sections.merge(source.settings.earlierPhases) { own, _ in own }
    } else if let source {
      sections[RunSettings.source] = source.settings.section
    }
    var names = source?.settings.names ?? [:]
    if let data = drafted(dataset.input.stage)?.work as? PrepareWork {
      names[data.content.hexadecimal] = data.name
      // Reports state the content that was packed first.
      if let content = dataset.settings[PrepareWork.contentSetting]?.asString {
        names[content] = data.name
      }
    }
    if let weights = work.weights { names[weights.content.hexadecimal] = weights.name }
    names[work.solver.value.fingerprint.hexadecimal] = solverName(work.solver)
    return RunSettings(sections, names: names)
  }

  /// The name of a network in the file; the beginning of its fingerprint if it is defined inside a stage.
  private func networkName(_ network: NetworkDefinition) -> String {
    let known = description.networks.first { $0.value.content == network }
    return known?.key ?? "network \(network.value.fingerprint.hexadecimal.prefix(8))"
  }

  /// The name of a solver in the file; in words if it is defined inside a stage, or varies with a parameter.
  private func solverName(_ solver: SolverDefinition) -> String {
    description.solvers.first { $0.value.content == solver }?.key ?? solver.words
  }

  /// The source of copied layers.
  private struct CopySource {
    /// Its name in messages.
    var name: String
    /// Its name in reports: the task it was trained on, or the file.
    var label: String
    /// See `identity`.
    var identity: Fingerprint
    var shapes: [String: [Int]]
    /// The network of the layers; `nil` for a file.
    var network: NetworkMemory.Entry?
    /// The types of tensors that cannot be copied.
    var unreadTypes: [String: String] = [:]
    /// `nil` for a stage.
    var file: WeightsFile?

    /// Possible names of a missing tensor.
    func prefix(before name: String) -> String? {
      shapes.keys.filter { $0.hasSuffix(".\(name)") }.min().map { String($0.dropLast(name.count)) }
    }

    func namesNear(_ name: String) -> [Diagnostic.Note] {
      Diagnostic.Note.nearestOrAll(to: name, among: shapes.keys.sorted())
    }
  }

  /// The facts about a source; `nil`, with a diagnostic, if it cannot be used.
  private mutating func copySource(_ source: WeightsSource) -> CopySource? {
    switch source {
    case .stage(let name):
      guard let role = training[name.content] else {
        preconditionFailure("the language checks that sources are trained")
      }
      return CopySource(
        name: name.content, label: role.task.name, identity: role.identity,
        shapes: role.network.shapes, network: role.network)
    case .file(let path, let names):
      guard let facts = weights(path) else { return nil }
      let file = WeightsFile(path: path.content, content: facts.digest, names: names)
      return CopySource(
        name: file.name, label: file.name, identity: file.content, shapes: facts.shapes,
        unreadTypes: facts.unreadTypes, file: file)
    }
  }

  /// The key of a stage's random numbers.
  ///
  /// It does not include the name, so that renaming reruns nothing, or the solver, so that a longer training run
  /// begins exactly like a shorter one. It is different for base A, base B and every transfer. If they shared their
  /// initialisation, the re-initialised layers of BnB would start where those of base B started, and the lost
  /// co-adaptation that BnB measures would be underestimated.
  private mutating func identity(
    network: NetworkMemory.Entry, classes: ResolvedClasses, seed: UInt64, layers: [LayerTreatment],
    source: Fingerprint?
  ) -> Fingerprint {
    let beginning = [classes.fingerprint, network.fingerprint]
    var hasher: MapHasher
    if let known = identities[beginning] {
      hasher = known
    } else {
      hasher = MapHasher(count: 5)
      hasher.add("classes", encoding: classes.encoding)
      hasher.add("network", encoding: network.encoding)
      identities[beginning] = hasher
    }
    hasher.add("seed", .integer(Int(truncatingIfNeeded: seed)))
    hasher.add("source", source.map { .string($0.hexadecimal) } ?? .null)
    hasher.add("verbs", .list(layers.map { .string($0.verb.rawValue) }))
    return hasher.finalized()
  }

  /// Whether the parameters of every copied layer have the same shapes on both sides, and those of layers drawn like the
  /// source's exist there; adds a diagnostic for each that does not.
  private mutating func copiedShapesAgree(
    from source: CopySource, to network: NetworkMemory.Entry, layers: [LayerTreatment],
    at span: SourceSpan, task: TaskDefinition
  ) -> Bool {
    // A network copied from itself cannot differ.
    if source.network?.fingerprint == network.fingerprint { return true }
    var agree = true
    /// Whether the note on naming tensors has been added.
    var isNoted = false
    for treatment in layers where treatment.readsSource {
      for parameter in network.parameters where parameter.layer == treatment.layer {
        // Distributions have no shape.
        if treatment.imitatesSource, parameter.role == .statistic { continue }
        let name = source.file?.names.name(inFile: parameter.name) ?? parameter.name
        let theirShape = source.shapes[name]
        guard theirShape != parameter.shape, theirShape == nil || !treatment.imitatesSource else {
          continue
        }
        let how = treatment.imitatesSource ? "drawn like that of" : "copied from"
        let start =
          "layer '\(treatment.layer)' cannot be \(how) '\(source.name)': '\(name)' is "
        let wanted = parameter.shape.map(String.init).joined(separator: "×")
        if let theirShape {
          let found = theirShape.map(String.init).joined(separator: "×")
          diagnostics.append(
            .error("\(start)\(found) there and \(wanted) on task '\(task.name)'", at: span))
        } else if let type = source.unreadTypes[name] {
          diagnostics.append(
            .error(
              "\(start)\(type) there; F32, F16 and BF16 can be read", at: span,
              notes: [.init(PlanDraft.conversion)]))
        } else {
          var notes: [Diagnostic.Note]
          if let prefix = source.prefix(before: name) {
            notes = [
              .init(
                "'\(prefix)\(name)' is there: from: {file: …, prefix: \(prefix)} adds this prefix to all names"
              )
            ]
          } else {
            notes = source.namesNear(name)
          }
          if source.file != nil, !isNoted {
            isNoted = true
            notes.append(.init(PlanDraft.naming(treatment.layer)))
          }
          diagnostics.append(
            .error(
              "\(start)missing there and \(wanted) on task '\(task.name)'", at: span, notes: notes))
        }
        agree = false
        break
      }
    }
    return agree
  }

  private static let conversion =
    "convert it in Python: save_file({k: v.float() for k, v in load_file('old.safetensors').items()}, 'new.safetensors')"

  private static func naming(_ layer: String) -> String {
    "if the file uses other names, list them: from: {file: …, names: {\(layer): …}}"
  }
}

/// What determines the settings of a training run.
struct RunSettingsKey: Hashable {
  var network: Fingerprint
  var solver: Fingerprint
  var dataset: StageInput
  /// The number of tasks of a random division.
  var tasks: Int?
  var isWhole: Bool
  /// `nil` for those of a random division.
  var classes: Fingerprint?
  var holdOut: HoldOut.Amount?
  var mean: MeanOrigin
  var layers: [LayerTreatment]
  var weights: WeightsFile?
  var validation: ValidationRule?
  /// Those of the run that layers are copied from, and its names of files.
  var source: Fingerprint?
  /// Whether that run is the phase before this one.
  var continues: Bool
  var names: [String: String]

  /// The rest is compared, and seldom differs where these are equal.
  func hash(into hasher: inout Hasher) {
    hasher.combine(network.leadingBits)
    hasher.combine(solver.leadingBits)
    hasher.combine(classes?.leadingBits)
    hasher.combine(source?.leadingBits)
    for layer in layers { hasher.combine(layer.verb) }
  }
}

extension TrainWork {
  /// What is done with each layer over all phases so far.
  ///
  /// - Parameter earlier: the same of the phase before; `nil` if there is none.
  fileprivate func treatments(
    of phase: TransferPhase?, after earlier: [LayerTreatment]?
  ) -> [LayerTreatment] {
    if let verbs = phase?.verbs {
      return zip(layers, verbs).map { LayerTreatment(layer: $0.layer, verb: $1) }
    }
    guard let earlier, earlier.count == layers.count else { return layers }
    return zip(earlier, layers).map { $0.followed(by: $1) }
  }
}
