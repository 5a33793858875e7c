import Planning

extension RelativeSeries {
  /// AnB of random and of listed tasks, and random filters; a series for each split and network.
  static func all(of experiments: [Experiment], _ statistics: Statistics) -> [RelativeSeries] {
    struct Key: Hashable {
      var comparison: Comparison
      var network: String?
      var split: String
      var examples: Int?
      var measuredOn: String?
    }
    var keys: [Key] = []
    var pairs: [Key: [Int: [ContrastPoint.Pair]]] = [:]
    let treatments = [Treatment.transfer, .random]
    for experiment in experiments {
      guard let base = experiment.base else { continue }
      for treatment in treatments {
        let series = experiment.series.filter { $0.treatment == treatment }
        guard !series.isEmpty else { continue }
        let comparison: Comparison =
          treatment == .random
          ? .randomFilters
          : experiment.scope == .randomDivisions ? .similarTasks : .dissimilarTasks
        let key = Key(
          comparison: comparison, network: experiment.network, split: experiment.split,
          examples: experiment.examples, measuredOn: experiment.measuredOn)
        if pairs[key] == nil { keys.append(key) }
        for point in series.flatMap(\.points) {
          pairs[key, default: [:]][point.depth, default: []] +=
            Pairing(point.runs, minus: base.runs).pairs
        }
      }
    }
    let networks = Set(keys.map(\.network))
    return keys.compactMap { key in
      let points = (pairs[key] ?? [:]).sorted { $0.key < $1.key }.compactMap { depth, pairs in
        statistics.difference(pairs).map { Point(depth: depth, pairs: pairs, estimate: $0) }
      }
      guard !points.isEmpty else { return nil }
      var label =
        switch key.comparison {
        case .similarTasks: "AnB, random tasks (split \(key.split))"
        case .dissimilarTasks: "AnB, listed tasks (split \(key.split))"
        case .randomFilters: "random filters (\(key.split))"
        }
      if let examples = key.examples { label += ", \(examples) images a class" }
      if let measuredOn = key.measuredOn { label += ", measured on \(measuredOn)" }
      if networks.count > 1 { label += ", \(key.network ?? "unknown network")" }
      return RelativeSeries(
        comparison: key.comparison, label: label, network: key.network, points: points)
    }
  }
}

extension ExampleSeries {
  /// A series for whatever was trained with limits on the examples of a class.
  static func all(of runs: [RunResult], _ statistics: Statistics) -> [ExampleSeries] {
    struct Key: Hashable {
      var group: ExperimentGroup.Key
      var treatment: Treatment
      var depth: Int

      init(_ run: RunResult) {
        group = ExperimentGroup.Key(run.design)
        group.examples = nil
        treatment = Treatment(run.design)
        depth = run.design.depth
      }
    }
    var keys: [Key] = []
    var limited: [Key: [Int: [RunResult]]] = [:]
    for run in runs {
      guard let examples = run.design.examples else { continue }
      let key = Key(run)
      if limited[key] == nil { keys.append(key) }
      limited[key, default: [:]][examples, default: []].append(run)
    }
    guard !keys.isEmpty else { return [] }
    var unlimited: [Key: [RunResult]] = [:]
    for run in runs where run.design.examples == nil {
      let key = Key(run)
      if limited[key] != nil { unlimited[key, default: []].append(run) }
    }
    let networks = Set(keys.map(\.group.network))
    return keys.map { key in
      ExampleSeries(
        label: label(key.group, key.treatment, key.depth, manyNetworks: networks.count > 1),
        network: key.group.network,
        points: (limited[key] ?? [:]).sorted { $0.key < $1.key }.map { examples, runs in
          Point(examples: examples, runs: runs, estimate: statistics.mean(of: runs))
        },
        unlimited: unlimited[key].map {
          Experiment.Reference(runs: $0, estimate: statistics.mean(of: $0))
        })
    }
  }

  private static func label(
    _ group: ExperimentGroup.Key, _ treatment: Treatment, _ depth: Int, manyNetworks: Bool
  ) -> String {
    let tasks =
      switch group.tasks {
      case .random: "random tasks (split \(group.split))"
      case .listed(let task): "\(task) (split \(group.split))"
      case .whole(let dataset): dataset
      }
    let name = treatment == .base ? "base" : "\(treatment.label), n=\(depth)"
    var label = "\(name) on \(tasks)"
    if let measuredOn = group.measuredOn { label += ", measured on \(measuredOn)" }
    if manyNetworks { label += ", \(group.network ?? "unknown network")" }
    return label
  }
}
