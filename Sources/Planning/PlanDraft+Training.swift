import Basics
import Definitions
import PipelineLanguage

extension PlanDraft {
  mutating func addTrain(_ stage: StageDescription, _ train: TrainDescription) {
    let layers = train.network.content.layers.map {
      LayerTreatment(layer: $0.name, verb: .initialize)
    }
    addTraining(
      stage, network: train.network.content, scores: train.scores, layers: layers, task: train.task,
      solver: train.solver, seed: train.seed, source: nil,
      validation: train.validation?.content, networkName: train.networkName)
  }

  mutating func addTransfer(_ stage: StageDescription, _ transfer: TransferDescription) {
    addTraining(
      stage, network: transfer.network.content, scores: transfer.scores,
      layers: transfer.layers.content,
      task: transfer.task, solver: transfer.solver, seed: transfer.seed,
      source: transfer.source, mean: transfer.mean, layersSpan: transfer.layers.span,
      validation: transfer.validation?.content, networkName: transfer.networkName)
  }

  private mutating func addTraining(
    _ stage: StageDescription, network: NetworkDefinition, scores: SourceSpan,
    layers: [LayerTreatment], task: Described<TaskDefinition>, solver: SolverDefinition,
    seed: UInt64,
    source: WeightsSource?, mean: MeanOrigin = .target, layersSpan: SourceSpan? = nil,
    validation: ValidationRule?, networkName: String?
  ) {
    guard let (dataset, resolvedClasses) = resolve(task) else { return }
    let classes = resolvedClasses.names
    if let problem = ScoresFit.problem(network, scores: scores, classes: classes.count, task: task)
    {
      report(DiagnosticError([problem]), at: task.span)
      return
    }
    let resolved = networks.entry(network, classes: classes.count)
    let networkName = networkName ?? self.networkName(network)
    let network = resolved.network
    var copied: CopySource?
    if let source, let layersSpan {
      guard let found = copySource(source),
        copiedShapesAgree(
          from: found, to: resolved, layers: layers, at: layersSpan, task: task.content)
      else { return }
      copied = found
    }

    // The kind is what the user wrote: 'transfer' may copy nothing (random filters).
    let kind: StageKind = if case .train = stage.work { .train } else { .transfer }
    let preprocessing = preprocessings.entry(dataset.preprocessing, \.value)
    let solving = solvers.entry(solver, \.value)
    var settings: [String: Value] = [
      "network": resolved.value, "classes": resolvedClasses.value,
      "preprocessing": preprocessing.value, "solver": solving.value,
      "seed": .integer(Int(truncatingIfNeeded: seed)),
    ]
    var known = [
      "network": resolved.fingerprint, "classes": resolvedClasses.fingerprint,
      "preprocessing": preprocessing.fingerprint, "solver": solving.fingerprint,
    ]
    if kind == .transfer {
      let treatments = self.layers.entry(layers) { .list($0.map(\.value)) }
      settings["layers"] = treatments.value
      known["layers"] = treatments.fingerprint
    }
    let limit = dataset.limit(task.content, classes: resolvedClasses, seed: seed)
    // What holds for most stages is left out, so that it is no part of their fingerprints.
    if let holdOut = dataset.holdOut { settings["hold-out"] = holdOut.value }
    if let validation { settings["validate"] = validation.value }
    if let limit { settings["examples"] = .integer(limit.perClass) }
    if mean != .target { settings["mean"] = .string(mean.rawValue) }
    if let file = copied?.file {
      settings[PlanDraft.weightsSetting] = .string(file.content.hexadecimal)
      if !file.names.prefixes.isEmpty { settings["names"] = file.names.value }
    }
    let images = resolvedClasses.images(
      of: .train, in: dataset.facts, holdOut: dataset.holdOut, limit: limit?.perClass ?? .max)
    guard isMeasurable(images, .train, of: task) else { return }
    var measuredImages = 0
    for subset in validation?.subsets ?? [] {
      let count = resolvedClasses.images(of: subset, in: dataset.facts, holdOut: dataset.holdOut)
      guard isMeasurable(count, subset, of: task) else { return }
      measuredImages += count
    }
    var inputs = [dataset.input]
    if let stage = source?.stage { inputs.append(input("source", from: stage.content)) }

    let identity = identity(
      network: resolved, classes: resolvedClasses, seed: seed,
      layers: kind == .transfer ? layers : [],
      source: copied?.identity)
    let work = TrainWork(
      network: network, layers: layers, classes: classes, holdOut: dataset.holdOut, limit: limit,
      preprocessing: dataset.preprocessing, mean: mean, solver: solver,
      stream: RandomStream(seed: identity.leadingBits), weights: copied?.file,
      validation: validation)
    append(
      stage.name, kind, settings: .map(settings), inputs: inputs, work: .train(work),
      known: known, images: images, measuredImages: measuredImages)
    training[stage.name] = TrainingRole(
      work: work, task: task.content, taskSpan: task.span, classes: resolvedClasses, images: images,
      identity: identity, seed: seed, network: resolved,
      networkName: networkName, sourceName: copied?.label,
      settings: runSettings(
        of: work, network: resolved.open, solver: .init(solving.value, solving.fingerprint),
        preprocessing: .init(preprocessing.value, preprocessing.fingerprint), dataset: dataset,
        task: task.content, source: source?.stage.flatMap { training[$0.content] }),
      variables: stage.variables.filter { !stage.independent.contains($0.key) })
  }

  /// What decides a training beyond its seeds and its place in the design. Classes count where somebody chose
  /// them; of a random division, how many tasks it has.
  private func runSettings(
    of work: TrainWork, network: RunSettings.Section, solver: RunSettings.Section,
    preprocessing: RunSettings.Section, dataset: PreparedDataset, task: TaskDefinition,
    source: TrainingRole?
  ) -> RunSettings {
    var sections = [
      "network": network, "solver": solver, "preprocessing": preprocessing,
      "dataset": RunSettings.Section(
        planned(dataset.input.stage)?.settings ?? .null, dataset.input.fingerprint),
    ]
    switch task.classes {
    case .random(_, _, let tasks): sections["tasks"] = RunSettings.Section(.integer(tasks))
    case .named, .listed:
      sections["classes"] = RunSettings.Section(.list(work.classes.map(Value.string)))
    case .all: break
    }
    if let holdOut = work.holdOut { sections["hold-out"] = .init(holdOut.amount.value) }
    if work.mean != .target { sections["mean"] = .init(.string(work.mean.rawValue)) }
    let kind = TreatmentKind.kind(of: work.layers).kind
    if kind == .other {
      sections["layers"] = .init(.list(work.layers.map(\.value)))
    } else {
      let rates = work.layers.filter { $0.rate != 1 }
      if !rates.isEmpty {
        sections["rates"] = .init(
          .map(
            Dictionary(
              rates.map { ($0.layer, .number($0.rate)) }, uniquingKeysWith: { first, _ in first })))
      }
    }
    if let weights = work.weights {
      sections["weights"] = .init(
        ["content": .string(weights.content.hexadecimal), "names": weights.names.value])
    }
    if let source { sections[RunSettings.source] = source.settings.section }
    return RunSettings(sections)
  }

  /// What the file calls a network; the beginning of its fingerprint where it stands in a stage.
  private func networkName(_ network: NetworkDefinition) -> String {
    let known = description.networks.first { $0.value.content == network }
    return known?.key ?? "network \(network.value.fingerprint.hexadecimal.prefix(8))"
  }

  /// The setting that holds the digest of a file of weights.
  static let weightsSetting = "weights"

  /// What copied layers come from.
  private struct CopySource {
    /// What messages call it.
    var name: String
    /// What reports call it: the task it was trained on, or the file.
    var label: String
    /// See `identity`.
    var identity: Fingerprint
    var shapes: [String: [Int]]
    /// The network that they are of; `nil` for a file.
    var network: NetworkMemory.Entry?
    /// The types of tensors that cannot be copied.
    var unreadTypes: [String: String] = [:]
    /// `nil` where it is a stage.
    var file: WeightsFile?

    /// What a missing tensor may be called.
    func namesNear(_ name: String) -> [Diagnostic.Note] {
      Diagnostic.Note.nearest(to: name, among: shapes.keys.sorted())
    }
  }

  /// What is known of a source; `nil`, with a diagnostic, where it cannot be used.
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

  /// What a stage's random numbers are keyed by.
  ///
  /// Not the name, so that a rename reruns nothing; not the solver, so that a longer training begins as
  /// the shorter one did. Base A, base B and every transfer differ in it: were they to share their
  /// initialisation, the re-initialised layers of BnB would start where those of base B started, and the
  /// loss of co-adaptation that BnB measures would be understated.
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

  /// Whether every copied layer has parameters of the same shapes on both sides; adds a diagnostic for
  /// each that has not.
  private mutating func copiedShapesAgree(
    from source: CopySource, to network: NetworkMemory.Entry, layers: [LayerTreatment],
    at span: SourceSpan, task: TaskDefinition
  ) -> Bool {
    // One network copies from itself: nothing can differ.
    if source.network?.fingerprint == network.fingerprint { return true }
    var agree = true
    /// Whether it has been said how a file's own names are given.
    var isNoted = false
    for treatment in layers where treatment.verb.origin == .copied {
      for parameter in network.parameters where parameter.layer == treatment.layer {
        let name = source.file?.names.name(inFile: parameter.name) ?? parameter.name
        let theirShape = source.shapes[name]
        guard theirShape != parameter.shape else { continue }
        let start =
          "layer '\(treatment.layer)' cannot be copied from '\(source.name)': '\(name)' is "
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
          var notes = source.namesNear(name)
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
    "where the file has other names, say which: from: {file: …, names: {\(layer): …}}"
  }
}
