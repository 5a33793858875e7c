import Planning

/// What a reader must know before trusting the numbers.
package enum ResultWarning: Hashable, Sendable {
  /// Treatments of one experiment were measured on different targets, so their means also compare targets.
  case unbalanced(experiment: String, gaps: [DesignGap])
  /// Scores of the measurements that were best on the reported images themselves.
  case selectedOnTestData(rule: String, runs: Int)
  case didNotTrain(runs: [String])
  /// The loss became non-finite; with the message for each.
  case diverged(runs: [String], reasons: [String])
  case missing(runs: [String])
  /// Analyses of networks without a result; with the reason for each.
  case missingAnalyses(stages: [String], reasons: [String])
  /// Classifiers on activations that were not fitted to the end.
  case notConverged([String])
  /// No treatment of these experiments has a second trained run at any n.
  case singleReplicate(experiments: [String])
  /// Runs that the report cannot distinguish; and whether all state their seeds.
  case indistinguishable(experiment: String, runs: [String], haveSeeds: Bool)
  /// Tasks of random divisions with the same classes under several names.
  case repeatedTasks(experiment: String, tasks: [[String]])
  case mixedNetworks([String])
  /// Scores taken by different rules are shown.
  case mixedScores([String])
  /// Runs that did not train were identified by the lowest scores.
  case chanceUnknown(upTo: Double?)
}

/// Targets that a treatment lacks but others of its experiment have.
package struct DesignGap: Hashable, Sendable {
  package struct Partial: Hashable, Sendable {
    package var target: String
    /// The n at which the treatment lacks it.
    package var depths: [Int]
  }

  package var treatment: String
  /// Targets on which it was measured at some n.
  package var measured: [String]
  /// Targets on which it was not measured at any n.
  package var absent: [String]
  /// Targets that it lacks only at some n.
  package var partial: [Partial]
}

extension ResultWarning {
  static func all(of results: StudyResults, _ experiments: [Experiment]) -> [ResultWarning] {
    var warnings: [ResultWarning] = []
    var single: [String] = []
    var alike: [ResultWarning] = []
    // Once, since copies of tens of thousands of experiments take time.
    for experiment in experiments {
      let gaps = DesignGap.all(in: experiment)
      if !gaps.isEmpty { warnings.append(.unbalanced(experiment: experiment.title, gaps: gaps)) }
      if experiment.hasSingleReplicate { single.append(experiment.title) }
      let runs = experiment.indistinguishableRuns
      if !runs.isEmpty {
        alike.append(
          .indistinguishable(
            experiment: experiment.title, runs: runs.map(\.name),
            haveSeeds: runs.allSatisfy(\.design.isSeedStated)))
      }
      let repeated = experiment.repeatedTasks
      if !repeated.isEmpty {
        alike.append(.repeatedTasks(experiment: experiment.title, tasks: repeated))
      }
    }
    warnings += scoreWarnings(results.runs)
    warnings += outcomeWarnings(results) + results.remarks
    if !single.isEmpty { warnings.append(.singleReplicate(experiments: single)) }
    warnings += alike
    let networks = Set(results.runs.map { $0.design.network ?? "unknown network" })
    if networks.count > 1 { warnings.append(.mixedNetworks(networks.sorted())) }
    return warnings
  }

  private static func scoreWarnings(_ runs: [RunResult]) -> [ResultWarning] {
    var selected: [String: Int] = [:]
    var rules: Set<String> = []
    var latest: String?
    for run in runs {
      guard let measure = run.measure else { continue }
      if measure.rule != latest { rules.insert(measure.rule) }
      latest = measure.rule
      if measure.isSelectedOnItself { selected[measure.rule, default: 0] += 1 }
    }
    var warnings = selected.sorted { $0.key < $1.key }.map {
      ResultWarning.selectedOnTestData(rule: $0.key, runs: $0.value)
    }
    if rules.count > 1 { warnings.append(.mixedScores(rules.sorted())) }
    return warnings
  }

  private static func outcomeWarnings(_ results: StudyResults) -> [ResultWarning] {
    var untrained: [String] = []
    var diverged: [(run: String, reason: String)] = []
    var missing: [String] = []
    for run in results.runs {
      switch run.outcome {
      case .measured: break
      case .atChance: untrained.append(run.name)
      case .diverged(let reason): diverged.append((run.name, reason))
      case .missing: missing.append(run.name)
      }
    }
    var warnings: [ResultWarning] = []
    if !untrained.isEmpty { warnings.append(.didNotTrain(runs: untrained)) }
    if case .lowestScores(let limit) = results.chance {
      warnings.append(.chanceUnknown(upTo: limit))
    }
    if !diverged.isEmpty {
      warnings.append(.diverged(runs: diverged.map(\.run), reasons: diverged.map(\.reason)))
    }
    if !missing.isEmpty { warnings.append(.missing(runs: missing)) }
    return warnings
  }
}

extension DesignGap {
  /// The targets and depths of the experiment that each treatment lacks.
  fileprivate static func all(in experiment: Experiment) -> [DesignGap] {
    let targets = experiment.targets
    var gaps: [DesignGap] = []
    // Before anything is measured, no design is unbalanced.
    var isMeasured = false
    if let base = experiment.base, !experiment.series.isEmpty {
      // One base may serve the training runs of several seeds.
      let measured = Set(Target.measured(base.runs).map(\.withoutSeed))
      isMeasured = !measured.isEmpty
      if !targets.allSatisfy({ measured.contains($0.withoutSeed) }) {
        gaps.append(
          DesignGap(
            treatment: "base", measured: labels(targets) { measured.contains($0.withoutSeed) },
            absent: labels(targets) { !measured.contains($0.withoutSeed) }, partial: []))
      }
    }
    for series in experiment.series {
      let byDepth = series.points.map { (depth: $0.depth, targets: Target.measured($0.runs)) }
      isMeasured = isMeasured || byDepth.contains { !$0.targets.isEmpty }
      if byDepth.allSatisfy({ $0.targets.count == targets.count }) { continue }
      let anywhere = byDepth.reduce(into: Set<Target>()) { $0.formUnion($1.targets) }
      let partial = targets.filter(anywhere.contains).compactMap { target -> Partial? in
        let lacking = byDepth.filter { !$0.targets.contains(target) }.map(\.depth)
        return lacking.isEmpty ? nil : Partial(target: target.label, depths: lacking)
      }
      let absent = labels(targets) { !anywhere.contains($0) }
      guard !absent.isEmpty || !partial.isEmpty else { continue }
      gaps.append(
        DesignGap(
          treatment: series.label, measured: labels(targets, where: anywhere.contains),
          absent: absent, partial: partial))
    }
    return isMeasured ? gaps : []
  }

  private static func labels(_ targets: [Target], where fits: (Target) -> Bool) -> [String] {
    targets.filter(fits).map(\.label)
  }
}

extension Target {
  /// Targets on which something was measured, whether or not the network trained.
  fileprivate static func measured(_ runs: [RunResult]) -> Set<Target> {
    var targets: Set<Target> = []
    for run in runs where run.isMeasured { targets.insert(run.target) }
    return targets
  }
}

extension Experiment {
  fileprivate var hasSingleReplicate: Bool {
    let points = series.flatMap(\.points) + (base.map { [$0] } ?? [])
    let most = points.map(\.trained).max() ?? 0
    return most == 1
  }

  /// Runs with equal target, treatment, source and n.
  fileprivate var indistinguishableRuns: [RunResult] {
    struct Key: Hashable {
      var target: Target
      var source: String?

      init(_ run: RunResult) {
        target = run.target
        source = run.design.source
      }
    }
    var alike: [RunResult] = []
    for point in series.flatMap(\.points) + (base.map { [$0] } ?? []) where point.runs.count > 1 {
      var seen: Set<Target> = []
      // Seldom are there two runs on one target.
      if point.runs.allSatisfy({ seen.insert($0.target).inserted }) { continue }
      var counts: [Key: Int] = [:]
      for run in point.runs { counts[Key(run), default: 0] += 1 }
      alike += point.runs.filter { counts[Key($0), default: 0] > 1 }
    }
    return alike
  }

  /// Names of tasks with equal classes.
  fileprivate var repeatedTasks: [[String]] {
    guard scope == .randomDivisions, targets.contains(where: { $0.classes != nil }) else {
      return []
    }
    var tasks: [Target] = []
    var seen: Set<Target> = []
    for target in targets where seen.insert(target.withoutSeed).inserted {
      tasks.append(target.withoutSeed)
    }
    return Dictionary(grouping: tasks, by: \.drawnTask).values.filter { $0.count > 1 }
      .map { $0.map(\.label) }.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
