import Definitions

/// What the stages of a pipeline compute, so that studies use existing stages instead of duplicates.
struct SharedStages {
  /// The network, data and settings of a training run.
  struct Training: Hashable {
    fileprivate var network: Int
    fileprivate var task: Int
    fileprivate var solver: Int
    fileprivate var seed: UInt64
    fileprivate var validation: ValidationRule?
  }

  private struct TransferKey: Hashable {
    var training: Training
    var source: String?
    var mean: MeanOrigin
    var layers: [Int]
  }

  private struct EvaluateKey: Hashable {
    var network: String
    /// `nil` for the task that the network was trained on.
    var task: Int?
    /// `nil` for the final accuracy.
    var score: ScoreRule?
  }

  private struct AnalysisKey: Hashable {
    var network: String
    var task: Int
    var analysis: String
  }

  private var networks = Interner<NetworkDefinition>()
  private var tasks = Interner<TaskDefinition>()
  private var solvers = Interner<SolverDefinition>()
  private var trained: [Training: String] = [:]
  private var transferred: [TransferKey: String] = [:]
  private var evaluated: [EvaluateKey: String] = [:]
  private var analysed: [AnalysisKey: String] = [:]
  private var taskOf: [String: Int] = [:]

  /// Records the stages of a table that do not depend on other stages, and their evaluations.
  init(_ table: StageTable) {
    for stage in table.stages {
      guard let draft = stage.draft as? TrainDraft else { continue }
      let training = training(
        draft.network.content.definition, on: draft.task.content, draft.solver, seed: draft.seed,
        validation: draft.validation?.content)
      _ = train(training, orAdd: stage.name)
      taskOf[stage.name] = tasks.number(of: draft.task.content)
    }
    for stage in table.stages {
      guard let draft = stage.draft as? EvaluateDraft else { continue }
      _ = evaluate(draft, orAdd: stage.name)
    }
  }

  mutating func training(
    _ network: NetworkDefinition, on task: TaskDefinition, _ solver: SolverDefinition,
    seed: UInt64, validation: ValidationRule?
  ) -> Training {
    Training(
      network: networks.number(of: network), task: tasks.number(of: task),
      solver: solvers.number(of: solver), seed: seed, validation: validation)
  }

  /// The stage with this training run from scratch; `nil` if there is none, and `name` becomes it.
  mutating func train(_ training: Training, orAdd name: String) -> String? {
    trained.value(of: training, orAdd: name)
  }

  /// The stage with the same transfer; `nil` if there is none, and `name` becomes it.
  ///
  /// - Parameter layers: distinguishes the treatments of layers.
  mutating func transfer(
    _ training: Training, from source: String?, mean: MeanOrigin, layers: [Int], orAdd name: String
  ) -> String? {
    transferred.value(
      of: TransferKey(training: training, source: source, mean: mean, layers: layers), orAdd: name)
  }

  /// The stage with the same evaluation; `nil` if there is none, and `name` becomes it.
  mutating func evaluate(_ draft: EvaluateDraft, orAdd name: String) -> String? {
    guard draft.measured.subset == .test else { return nil }
    let network = draft.network.content
    var task = draft.measured.task.map { tasks.number(of: $0.content) }
    if let own = taskOf[network], own == task { task = nil }
    return evaluated.value(
      of: EvaluateKey(
        network: network, task: task,
        score: draft.score?.content == .final ? nil : draft.score?.content), orAdd: name)
  }
}

extension SharedStages {
  /// The stage with the same analysis of a network on a task; `nil` if there is none, and `name` becomes it.
  ///
  /// - Parameter analysis: distinguishes its settings.
  mutating func analyse(
    _ network: String, _ task: TaskDefinition, _ analysis: String, orAdd name: String
  ) -> String? {
    analysed.value(
      of: AnalysisKey(network: network, task: tasks.number(of: task), analysis: analysis),
      orAdd: name)
  }
}

/// Numbers in place of values, equal for equal values, which are faster to hash and compare.
private struct Interner<Value: Hashable> {
  private var numbers: [Value: Int] = [:]

  mutating func number(of value: Value) -> Int {
    if let number = numbers[value] { return number }
    numbers[value] = numbers.count
    return numbers.count - 1
  }
}

extension Dictionary {
  /// The value of a key; `nil` if it had none, and has this one now.
  fileprivate mutating func value(of key: Key, orAdd value: Value) -> Value? {
    if let known = self[key] { return known }
    self[key] = value
    return nil
  }
}
