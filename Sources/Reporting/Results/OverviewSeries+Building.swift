import Definitions
import Planning

extension RelativeSeries {
  /// AnB of random and of listed tasks, and random filters; one series per split, network and setting.
  static func all(
    of experiments: [Experiment], _ distinctions: ScopeDistinctions
  ) -> [RelativeSeries] {
    struct Key: Hashable {
      var comparison: Comparison
      /// For any tasks.
      var scope: ReportEntry.Scope
      var conditions: [String: VariableValue]
    }
    var keys: [Key] = []
    var pairs: [Key: [Int: [ContrastPoint.Pair]]] = [:]
    let treatments = [Treatment.transfer, .random]
    for experiment in experiments {
      guard let base = experiment.base.map({ PairingSide($0.runs) }) else { continue }
      for treatment in treatments {
        let series = experiment.series.filter { $0.treatment == treatment }
        guard !series.isEmpty else { continue }
        let comparison: Comparison =
          treatment == .random
          ? .randomFilters
          : experiment.scope == .randomDivisions ? .similarTasks : .dissimilarTasks
        let key = Key(
          comparison: comparison,
          scope: ReportEntry.Scope(
            network: experiment.network, split: experiment.split, tasks: .random,
            examples: experiment.examples, measuredOn: experiment.measuredOn,
            score: experiment.score), conditions: experiment.conditions)
        if pairs[key] == nil { keys.append(key) }
        for point in series.flatMap(\.points) {
          pairs[key, default: [:]][point.depth, default: []] +=
            Pairing(PairingSide(point.runs), minus: base).pairs
        }
      }
    }
    return keys.compactMap { key in
      let points = (pairs[key] ?? [:]).sorted { $0.key < $1.key }.compactMap { depth, pairs in
        Estimate(of: pairs).map { Point(depth: depth, pairs: pairs, estimate: $0) }
      }
      guard !points.isEmpty else { return nil }
      var label =
        switch key.comparison {
        case .similarTasks: "AnB, random tasks (split \(key.scope.split))"
        case .dissimilarTasks: "AnB, listed tasks (split \(key.scope.split))"
        case .randomFilters: "random filters (\(key.scope.split))"
        }
      if let examples = key.scope.examples { label += ", \(examples) images per class" }
      label += distinctions.text(key.scope, key.conditions)
      return RelativeSeries(
        comparison: key.comparison, label: label, network: key.scope.network, points: points)
    }
  }
}

extension ExampleSeries {
  /// One series per group of runs with limits on the examples per class.
  static func all(
    of runs: [RunResult], _ distinctions: ScopeDistinctions
  ) -> [ExampleSeries] {
    struct Key: Hashable {
      /// For any number of examples.
      var scope: ReportEntry.Scope
      var conditions: [String: VariableValue]
      var treatment: Treatment
      var depth: Int

      init(_ run: RunResult, _ settings: Set<String>) {
        scope = run.cell.value.scope
        scope.examples = nil
        conditions = run.settings.value.values.filter { settings.contains($0.key) }
        treatment = Treatment(run.design)
        depth = run.design.depth
      }
    }
    guard runs.contains(where: { $0.design.examples != nil }) else { return [] }
    let settings = CellTable.differing(inPoolsOf: runs)
    var keys: [Key] = []
    var limited: [Key: [Int: [RunResult]]] = [:]
    for run in runs {
      guard let examples = run.design.examples else { continue }
      let key = Key(run, settings)
      if limited[key] == nil { keys.append(key) }
      limited[key, default: [:]][examples, default: []].append(run)
    }
    // Of random tasks, those without a limit may be others, such as the sources of transfer.
    var targets: [Key: Set<Target>] = [:]
    for (key, runs) in limited {
      targets[key] = Set(runs.values.joined().map(\.target.withoutSeed.withoutExamples))
    }
    var unlimited: [Key: [RunResult]] = [:]
    for run in runs where run.design.examples == nil {
      let key = Key(run, settings)
      if targets[key]?.contains(run.target.withoutSeed) == true {
        unlimited[key, default: []].append(run)
      }
    }
    return keys.map { key in
      ExampleSeries(
        label: label(key.scope, key.treatment, key.depth)
          + distinctions.text(key.scope, key.conditions), network: key.scope.network,
        points: (limited[key] ?? [:]).sorted { $0.key < $1.key }.map { examples, runs in
          Point(examples: examples, runs: runs, estimate: Estimate(of: runs))
        },
        unlimited: unlimited[key].map {
          Experiment.Reference(runs: $0, estimate: Estimate(of: $0))
        })
    }
  }

  private static func label(
    _ scope: ReportEntry.Scope, _ treatment: Treatment, _ depth: Int
  ) -> String {
    let tasks =
      switch scope.tasks {
      case .random: "random tasks (split \(scope.split))"
      case .listed(let task): "\(task) (split \(scope.split))"
      case .whole(let dataset): dataset
      }
    let name = treatment == .base ? "base" : "\(treatment.label), n=\(depth)"
    return "\(name) on \(tasks)"
  }
}
