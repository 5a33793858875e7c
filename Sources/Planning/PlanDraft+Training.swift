import Basics
import Definitions
import PipelineLanguage

extension PlanDraft {
  mutating func addTrain(_ stage: StageDescription, _ train: TrainDescription) {
    let layers = train.network.content.layers.map {
      LayerTreatment(layer: $0.name, verb: .initialize)
    }
    addTraining(
      stage, network: train.network.content, layers: layers, task: train.task,
      solver: train.solver, seed: train.seed, source: nil)
  }

  mutating func addTransfer(_ stage: StageDescription, _ transfer: TransferDescription) {
    addTraining(
      stage, network: transfer.network.content, layers: transfer.layers.content,
      task: transfer.task, solver: transfer.solver, seed: transfer.seed,
      source: transfer.source?.content, layersSpan: transfer.layers.span)
  }

  private mutating func addTraining(
    _ stage: StageDescription, network: NetworkDefinition, layers: [LayerTreatment],
    task: Described<TaskDefinition>, solver: SolverDefinition, seed: UInt64, source: String?,
    layersSpan: SourceSpan? = nil
  ) {
    guard let (dataset, classes) = resolve(task) else { return }
    let network = network.resolved(classes: classes.count)
    let sourceRole = source.flatMap { training[$0] }
    if let source, let sourceRole, let layersSpan,
      !copiedShapesAgree(
        from: source, sourceRole.work.network, to: network, layers: layers, at: layersSpan,
        task: task.content)
    {
      return
    }

    // The kind is what the user wrote: 'transfer' may copy nothing (random filters).
    let kind: StageKind = if case .train = stage.work { .train } else { .transfer }
    var settings: [String: Value] = [
      "network": network.value, "classes": .list(classes.map(Value.string)),
      "preprocessing": dataset.preprocessing.value, "solver": solver.value,
      "seed": .integer(Int(truncatingIfNeeded: seed)),
    ]
    if kind == .transfer { settings["layers"] = .list(layers.map(\.value)) }
    var inputs = [dataset.input]
    if let source { inputs.append(input("source", from: source)) }

    let identity = PlanDraft.identity(
      network: network, classes: classes, seed: seed, layers: kind == .transfer ? layers : [],
      source: sourceRole?.identity)
    let work = TrainWork(
      network: network, layers: layers, classes: classes, preprocessing: dataset.preprocessing,
      solver: solver, stream: RandomStream(seed: identity.leadingBits))
    append(stage.name, kind, settings: .map(settings), inputs: inputs, work: .train(work))
    training[stage.name] = TrainingRole(
      work: work, task: task.content, identity: identity, seed: seed,
      sourceTask: sourceRole?.task)
  }

  /// What a stage's random numbers are keyed by.
  ///
  /// Not the name, so that a rename reruns nothing; not the solver, so that a longer training begins as
  /// the shorter one did. Base A, base B and every transfer differ in it: were they to share their
  /// initialisation, the re-initialised layers of BnB would start where those of base B started, and the
  /// loss of co-adaptation that BnB measures would be understated.
  private static func identity(
    network: NetworkDefinition, classes: [String], seed: UInt64, layers: [LayerTreatment],
    source: Fingerprint?
  ) -> Fingerprint {
    let value: Value = [
      "network": network.value, "classes": .list(classes.map(Value.string)),
      "seed": .integer(Int(truncatingIfNeeded: seed)),
      "verbs": .list(layers.map { .string($0.verb.rawValue) }),
      "source": source.map { .string($0.hexadecimal) } ?? .null,
    ]
    return value.fingerprint
  }

  /// Whether every copied layer has parameters of the same shapes on both sides; adds a diagnostic for
  /// each that has not.
  private mutating func copiedShapesAgree(
    from source: String, _ sourceNetwork: NetworkDefinition, to network: NetworkDefinition,
    layers: [LayerTreatment], at span: SourceSpan, task: TaskDefinition
  ) -> Bool {
    guard let theirs = try? sourceNetwork.parameters(), let ours = try? network.parameters() else {
      preconditionFailure("the language checks that networks fit together")
    }
    let shapes = Dictionary(uniqueKeysWithValues: theirs.map { ($0.name, $0.shape) })
    var agree = true
    for treatment in layers where treatment.verb.origin == .copied {
      for parameter in ours where parameter.layer == treatment.layer {
        let theirShape = shapes[parameter.name]
        guard theirShape != parameter.shape else { continue }
        let found = theirShape.map { $0.map(String.init).joined(separator: "×") } ?? "missing"
        let wanted = parameter.shape.map(String.init).joined(separator: "×")
        diagnostics.append(
          .error(
            "layer '\(treatment.layer)' cannot be copied from '\(source)': '\(parameter.name)' is "
              + "\(found) there and \(wanted) on task '\(task.name)'", at: span))
        agree = false
        break
      }
    }
    return agree
  }
}
