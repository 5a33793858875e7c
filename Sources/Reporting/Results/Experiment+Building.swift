import Definitions
import Planning

extension Experiment {
  /// - Parameters:
  ///   - distinctions: settings in which experiments differ, for the title.
  ///   - sources: the networks that layers of the group were copied from, as far as they are reported.
  init(
    _ group: ExperimentGroup, distinctions: ScopeDistinctions, sources: [RunResult]
  ) {
    let key = group.key.scope
    let bases = ReferenceBases(group)
    let scope: Scope =
      switch key.tasks {
      case .random: .randomDivisions
      case .listed(let task): .listed(target: task, sources: group.sources)
      case .whole: .wholeDataset
      }
    let series = Series.all(of: group)
    let reference = Set(bases.reference.map(\.name))
    let base =
      bases.reference.isEmpty || !group.recipes.isEmpty
      ? nil
      : Point(depth: 0, runs: bases.reference, estimate: Estimate(of: bases.reference))
    self.init(
      title: Experiment.title(group, scope, distinctions), network: key.network,
      split: key.split, scope: scope, conditions: group.key.conditions, examples: key.examples,
      measuredOn: key.measuredOn, score: key.score, targets: bases.targets, base: base,
      otherBases: sources.filter { !reference.contains($0.name) },
      series: series,
      contrasts: ContrastKind.all(of: series.map(\.treatment)).compactMap { kind in
        Contrast(kind, base: base, series: series)
      },
      boosts: [], verdict: Verdict(claims: [], sentences: []))
    boosts = Boost.all(of: self)
    verdict = Verdict(self)
  }

  private static func title(
    _ group: ExperimentGroup, _ scope: Scope, _ distinctions: ScopeDistinctions
  ) -> String {
    let key = group.key.scope
    var title: String
    switch scope {
    case .randomDivisions:
      title = key.split == "random" ? "random tasks" : "random tasks (split \(key.split))"
    case .listed(let target, let sources):
      let way = sources.count == 1 ? "\(sources[0]) → \(target)" : target
      title = "\(way) (split \(key.split))"
    case .wholeDataset:
      title = key.split == "all" ? "all classes" : "all classes of \(key.split)"
    }
    if let examples = key.examples { title += ", \(examples) images per class" }
    return title + distinctions.text(key, group.key.conditions)
  }
}

/// The bases that the treatments of a group are compared with.
private struct ReferenceBases {
  var targets: [Target]
  var reference: [RunResult]

  init(_ group: ExperimentGroup) {
    guard !group.treated.isEmpty else {
      targets = Target.distinct(group.bases)
      reference = group.bases
      return
    }
    targets = Target.distinct(group.treated)
    // One base may serve the training runs of several seeds.
    let tasks = Set(targets.map(\.withoutSeed))
    reference = group.bases.filter { tasks.contains($0.target.withoutSeed) }
  }
}

extension Target {
  /// Each target once, in the order of its first run.
  static func distinct(_ runs: [RunResult]) -> [Target] {
    var seen: Set<Target> = []
    return runs.map(\.target).filter { seen.insert($0).inserted }
  }
}

extension Series {
  /// One series per treatment of a group or, if several named sources exist, per treatment and source. If it has only
  /// bases that were trained in several ways, one for each of them.
  fileprivate static func all(
    of group: ExperimentGroup
  ) -> [Series] {
    struct Key: Hashable {
      var treatment: Treatment
      var source: String?
    }
    guard group.recipes.isEmpty else {
      return group.recipes.map { conditions, bases in
        Series(
          treatment: .base, label: conditions.isEmpty ? "base" : "base, \(conditions.text)",
          points: [Point(depth: 0, runs: bases, estimate: Estimate(of: bases))])
      }
    }
    let namesSources = group.key.scope.tasks != .random && group.sources.count > 1
    var runs: [Key: [Int: [RunResult]]] = [:]
    for run in group.treated {
      let treatment = Treatment(run.design)
      let source = namesSources && treatment.crossesTasks ? run.design.source : nil
      runs[Key(treatment: treatment, source: source), default: [:]][run.design.depth, default: []]
        .append(run)
    }
    let keys = runs.keys.sorted {
      ($0.treatment.rank, $0.treatment.label, $0.source ?? "")
        < ($1.treatment.rank, $1.treatment.label, $1.source ?? "")
    }
    return keys.map { key in
      Series(
        treatment: key.treatment,
        label: key.treatment.label + (key.source.map { " from \($0)" } ?? ""),
        points: (runs[key] ?? [:]).sorted { $0.key < $1.key }.map { depth, runs in
          Point(depth: depth, runs: runs, estimate: Estimate(of: runs))
        })
    }
  }
}

extension Contrast {
  /// `nil` if the experiment has no runs for one side.
  fileprivate init?(_ kind: ContrastKind, base: Point?, series: [Series]) {
    func runs(_ treatment: Treatment) -> [Int: [RunResult]]? {
      let own = series.filter { $0.treatment == treatment }
      guard !own.isEmpty else { return nil }
      return Dictionary(
        own.flatMap(\.points).map { ($0.depth, $0.runs) }, uniquingKeysWith: +)
    }
    let minuends: [Int: [RunResult]]
    let subtrahends: [Int: [RunResult]]
    if kind.minuend == .base {
      guard let base, let other = runs(kind.subtrahend) else { return nil }
      minuends = other.mapValues { _ in base.runs }
      subtrahends = other
    } else if kind.subtrahend == .base {
      guard let base, let other = runs(kind.minuend) else { return nil }
      minuends = other
      subtrahends = other.mapValues { _ in base.runs }
    } else {
      guard let first = runs(kind.minuend), let second = runs(kind.subtrahend) else { return nil }
      minuends = first
      subtrahends = second
    }
    let depths = Set(minuends.keys).union(subtrahends.keys).sorted()
    self.init(
      kind: kind,
      points: depths.map { depth in
        let pairing = Pairing(minuends[depth] ?? [], minus: subtrahends[depth] ?? [])
        return ContrastPoint(
          depth: depth, pairs: pairing.pairs, estimate: Estimate(of: pairing.pairs),
          missingMinuend: pairing.missingMinuend, missingSubtrahend: pairing.missingSubtrahend)
      })
  }
}

extension Boost {
  /// From the first n, and from 2 and 4 above it, as in the paper (1–7, 3–7, 5–7).
  fileprivate static func all(of experiment: Experiment) -> [Boost] {
    let depths = (experiment.series(.transferFineTuned)?.points ?? []).map(\.depth)
    guard let first = depths.first, let last = depths.last else { return [] }
    let starts = [0, 2, 4].map { first + $0 }.filter { $0 <= last }
    // Several starts may leave the same n, where some are not studied.
    let distinct = starts.filter { start in
      !starts.contains { other in
        other < start && !depths.contains { other..<start ~= $0 }
      }
    }
    return distinct.flatMap { start in
      [ContrastKind.fineTuningGain, .transferGain, .selfferGain].compactMap { kind in
        experiment.contrast(kind).map {
          Boost($0, in: experiment, depths: start...last)
        }
      }
    }
  }

  private init(
    _ contrast: Contrast, in experiment: Experiment, depths: ClosedRange<Int>
  ) {
    func mean(_ treatment: Treatment) -> Double? {
      let values =
        treatment == .base
        ? experiment.base?.values ?? []
        : experiment.series.filter { $0.treatment == treatment }.flatMap(\.points)
          .filter { depths.contains($0.depth) }.flatMap(\.values)
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    var unpaired: Double?
    if let first = mean(contrast.kind.minuend), let second = mean(contrast.kind.subtrahend) {
      unpaired = first - second
    }
    let pairs = contrast.points.filter { depths.contains($0.depth) }.flatMap(\.pairs)
    self.init(
      depths: depths, kind: contrast.kind, unpaired: unpaired,
      paired: Estimate(of: pairs))
  }
}
