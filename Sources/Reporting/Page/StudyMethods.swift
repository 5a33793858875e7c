import ArtifactStore
import Basics
import Definitions
import Planning
import Results

/// The methods of a study according to the records of a report's stages: data, tasks, networks, training.
package struct StudyMethods: Sendable {
  struct Dataset: Sendable {
    var name: String
    var classes: Int
    /// Images per class, from the fewest to the most.
    var training: ClosedRange<Int>?
    var test: ClosedRange<Int>?
    /// `3×32×32`
    var size: String
    /// Files that were skipped as unreadable.
    var skipped: [String]
  }

  struct Task: Sendable {
    var name: String
    var classes: [String]
  }

  struct Network: Sendable {
    var name: String
    var input: String?
    var layers: [(name: String, operations: String)]
  }

  /// One training or preprocessing setting, and its treatments: `base, AnB (lr 0.02)`.
  struct Setting: Sendable {
    var text: String
    var treatments: [String]
  }

  /// A treatment and the conditions under which it was applied, as far as they differ.
  private struct Label: Hashable {
    var treatment: String
    var conditions: [String: VariableValue]
  }

  private(set) var datasets: [Dataset] = []
  private(set) var tasks: [Task] = []
  private(set) var networks: [Network] = []
  private(set) var solvers: [Setting] = []
  private(set) var preprocessings: [Setting] = []
  /// The training images that are not trained on.
  private(set) var holdOuts: [Setting] = []
  private(set) var scores: [String] = []
  /// What batch norms of frozen layers normalised by; empty where there are none.
  private(set) var frozenNorms: Set<NormStatistics> = []
  /// What random numbers come from: of divisions and of training.
  private(set) var seeds: [String] = []

  /// - Parameter settings: the variables that distinguish treatments.
  package init(_ source: ReportSource, settings: Set<String>) {
    var preparations: [Fingerprint] = []
    var solvers = Grouping(), preprocessings = Grouping(), holdOuts = Grouping()
    var taskNames: Set<String> = []
    var networkNames: Set<String?> = []
    for run in source.runs {
      guard let record = run.network?.record else { continue }
      let design = run.result.design
      for input in [record, run.evaluation?.record] {
        if let data = input?.inputs[TrainWork.dataRole], !preparations.contains(data) {
          preparations.append(data)
        }
      }
      let target = run.result.target
      let name = Task.name(of: target)
      if taskNames.insert(name).inserted, let classes = record.settings[SettingKey.classes]?.asList
      {
        tasks.append(Task(name: name, classes: classes.compactMap(\.asString)))
      }
      // Phases after the first copy from the one before, which was trained on the target.
      if design.phases == nil,
        let origin = record.inputs[TrainWork.sourceRole].flatMap({ source.sources[$0] }),
        let task = design.source, let classes = origin.settings[SettingKey.classes]?.asList
      {
        var copied = design
        copied.target = task
        let name = Task.name(of: Target(copied))
        if taskNames.insert(name).inserted {
          tasks.append(Task(name: name, classes: classes.compactMap(\.asString)))
        }
      }
      if networkNames.insert(design.network).inserted,
        let network = record.settings[SettingKey.network]
      {
        networks.append(
          Network(
            name: design.network ?? "network", input: SettingsWords.input(network),
            layers: SettingsWords.layers(network)))
      }
      frozenNorms.formUnion(SettingsWords.frozenNorms(record.settings))
      let label = StudyMethods.label(design, settings)
      for (phase, record) in StudyMethods.phases(of: record, design, source) {
        var label = label
        if let phase { label.treatment += ", \(phase)" }
        if let solver = StudyMethods.solver(record) { solvers.add(solver, label) }
      }
      if let held = record.settings["hold-out"] { holdOuts.add(held, label) }
      if let shown = record.settings[SettingKey.preprocessing] { preprocessings.add(shown, label) }
    }
    seeds = StudyMethods.seeds(of: source.runs.map(\.result.design))
    datasets = preparations.compactMap { source.preparations[$0] }.compactMap { Dataset($0) }
    self.solvers = solvers.settings(SettingsWords.solver)
    self.preprocessings = preprocessings.settings(SettingsWords.preprocessing)
    self.holdOuts = holdOuts.settings(SettingsWords.holdOut)
    var seen: Set<String> = []
    scores = source.runs.compactMap { $0.result.design.score ?? $0.result.measure?.rule }
      .filter { seen.insert($0).inserted }
  }

  /// Whether there are no records: results are from another tool, or do not exist yet.
  var isEmpty: Bool { networks.isEmpty && datasets.isEmpty }

  /// `divisions of classes: 0, 1, 2`, `training: 0, 1`
  private static func seeds(of designs: [ReportEntry]) -> [String] {
    var divisions: Set<UInt64> = []
    var trainings: Set<UInt64> = []
    for design in designs {
      if case .random(let seed) = design.division { divisions.insert(seed) }
      if design.isSeedStated { trainings.insert(design.seed) }
    }
    return [("divisions of classes", divisions), ("training", trainings)].compactMap {
      name, seeds in
      guard !seeds.isEmpty else { return nil }
      let shown = seeds.sorted().prefix(24).map { "\($0)" }.joined(separator: ", ")
      return "\(name): \(shown)" + (seeds.count > 24 ? " and \(seeds.count - 24) more" : "")
    }
  }

  /// The training runs of a network: itself and, if it was trained in phases, those before it that are known.
  private static func phases(
    of record: StageRecord, _ design: ReportEntry, _ source: ReportSource
  ) -> [(phase: String?, record: StageRecord)] {
    guard design.phases != nil else { return [(nil, record)] }
    var earlier: [StageRecord] = []
    var last = record
    // The phases train on the classes of the target, and are transfers.
    while let before = last.inputs[TrainWork.sourceRole].flatMap({ source.sources[$0] }),
      before.settings["layers"] != nil,
      before.settings[SettingKey.classes] == record.settings[SettingKey.classes],
      earlier.count < 100
    {
      earlier.append(before)
      last = before
    }
    let before = earlier.enumerated().map {
      index, record -> (phase: String?, record: StageRecord) in
      (index == 0 ? "the phase before the last" : "\(index + 1) phases before the last", record)
    }
    return before.reversed() + [("last phase", record)]
  }

  /// The solver of a training run, with what selects its weights.
  private static func solver(_ record: StageRecord) -> Value? {
    guard var solver = record.settings[SettingKey.solver]?.asMap else { return nil }
    for key in ["keep", "patience"] { solver[key] = record.settings["validate"]?[key] }
    return .map(solver)
  }

  private static func label(_ design: ReportEntry, _ settings: Set<String>) -> Label {
    Label(
      treatment: design.kind == .base ? "base" : Treatment(design).label,
      conditions: settings.isEmpty
        ? [:] : design.variables.settings.filter { settings.contains($0.key) })
  }

  /// Equal settings, in order of the first, and their treatments.
  private struct Grouping {
    private var order: [Value] = []
    private var labels: [Value: (all: [Label], seen: Set<Label>)] = [:]

    mutating func add(_ value: Value, _ label: Label) {
      if labels[value] == nil {
        order.append(value)
        labels[value] = ([], [])
      }
      if labels[value]?.seen.insert(label).inserted == true { labels[value]?.all.append(label) }
    }

    func settings(_ text: (Value) -> String) -> [Setting] {
      order.map { Setting(text: text($0), treatments: words(labels[$0]?.all ?? [])) }
    }

    /// Treatments under equal conditions, grouped.
    private func words(_ labels: [Label]) -> [String] {
      var order: [[String: VariableValue]] = []
      var treatments: [[String: VariableValue]: [String]] = [:]
      for label in labels {
        if treatments[label.conditions] == nil { order.append(label.conditions) }
        treatments[label.conditions, default: []].append(label.treatment)
      }
      return order.map { conditions in
        let names = (treatments[conditions] ?? []).joined(separator: ", ")
        return conditions.isEmpty ? names : "\(names) (\(conditions.text))"
      }
    }
  }
}

extension StudyMethods.Task {
  fileprivate static func name(of target: Target) -> String {
    switch target.division {
    case .random(let seed): "\(target.task) of division \(seed) (split \(target.split))"
    case .listed: "\(target.task) (split \(target.split))"
    case .whole: target.task
    }
  }
}

extension StudyMethods.Dataset {
  /// Reads the record of a prepare stage; `nil` if it is not one.
  fileprivate init?(_ record: StageRecord) {
    guard let prepared = PackedSummary(metrics: record.metrics) else { return nil }
    func range(_ counts: [Int]) -> ClosedRange<Int>? {
      guard let least = counts.min(), let most = counts.max() else { return nil }
      return least...most
    }
    name = PreparingStage.dataset(of: record.stage) ?? record.stage
    classes = prepared.classes.count
    training = range(prepared.trainCounts)
    test = range(prepared.testCounts)
    size = "\(prepared.channels)×\(prepared.height)×\(prepared.width)"
    skipped = prepared.skipped
  }
}
