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
    let base =
      bases.reference.isEmpty || !group.recipes.isEmpty
      ? nil
      : Point(depth: 0, runs: bases.reference, estimate: Estimate(of: bases.reference))
    self.init(
      title: Experiment.title(group, scope, distinctions), network: key.network,
      split: key.split, scope: scope, conditions: group.key.conditions, examples: key.examples,
      measuredOn: key.measuredOn, score: key.score, targets: bases.targets, base: base,
      otherBases: bases.others(of: sources),
      series: series,
      contrasts: PairingSides(base: base, series: series).contrasts,
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

  /// Those of some networks that are not among them.
  func others(of sources: [RunResult]) -> [RunResult] {
    guard !sources.isEmpty else { return [] }
    let own = Set(reference.map(\.name))
    return sources.filter { !own.contains($0.name) }
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
    guard group.recipes.isEmpty else {
      return group.recipes.map { conditions, bases in
        Series(
          treatment: .base, label: conditions.isEmpty ? "base" : "base, \(conditions.text)",
          points: [Point(depth: 0, runs: bases, estimate: Estimate(of: bases))])
      }
    }
    let namesSources = group.key.scope.tasks != .random && group.sources.count > 1
    let sorted = TreatmentPlace.runs(of: group, namesSources: namesSources).sorted {
      ($0.place.treatment.rank, $0.place.treatment.label, $0.place.source ?? "", $0.place.depth)
        < ($1.place.treatment.rank, $1.place.treatment.label, $1.place.source ?? "", $1.place.depth)
    }
    var all: [Series] = []
    var latest: TreatmentPlace?
    for (place, runs) in sorted {
      if latest?.treatment != place.treatment || latest?.source != place.source {
        all.append(
          Series(
            treatment: place.treatment,
            label: place.treatment.label + (place.source.map { " from \($0)" } ?? ""), points: []))
      }
      latest = place
      all[all.count - 1].points.append(
        Point(depth: place.depth, runs: runs, estimate: Estimate(of: runs)))
    }
    return all
  }
}

/// The place of a point in an experiment.
private struct TreatmentPlace: Hashable {
  var treatment: Treatment
  /// Where there are several.
  var source: String?
  var depth: Int

  /// The runs of a group at each place.
  static func runs(
    of group: ExperimentGroup, namesSources: Bool
  ) -> [(place: TreatmentPlace, runs: [RunResult])] {
    var all: [(place: TreatmentPlace, runs: [RunResult])] = []
    var positions: [TreatmentPlace: Int] = [:]
    var cells: [Shared<ReportEntry.Cell>: Int] = [:]
    for run in group.treated {
      if let position = cells[run.cell] {
        all[position].runs.append(run)
        continue
      }
      let treatment = Treatment(run.design)
      let place = TreatmentPlace(
        treatment: treatment,
        source: namesSources && treatment.crossesTasks ? run.design.source : nil,
        depth: run.design.depth)
      let position = positions[place] ?? all.count
      positions[place] = position
      cells[run.cell] = position
      if position == all.count { all.append((place, [])) }
      all[position].runs.append(run)
    }
    return all
  }
}

/// The runs of each treatment of an experiment by n, as they are paired.
private struct PairingSides {
  private let base: PairingSide?
  private var treated: [Treatment: [Int: PairingSide]] = [:]
  private let treatments: [Treatment]

  init(base: Point?, series: [Series]) {
    treatments = series.map(\.treatment)
    // Where there is nothing to compare, as in a study of tens of thousands of settings.
    guard series.count > 1 || base != nil && !series.isEmpty else {
      self.base = nil
      return
    }
    self.base = base.map { PairingSide($0.runs) }
    for (treatment, series) in Dictionary(grouping: series, by: \.treatment) {
      let points = Dictionary(grouping: series.flatMap(\.points), by: \.depth)
      treated[treatment] = points.mapValues { PairingSide($0.flatMap(\.runs)) }
    }
  }

  /// Those that have runs for both sides.
  var contrasts: [Contrast] {
    guard base != nil || treated.count > 1 else { return [] }
    return ContrastKind.all(of: treatments).compactMap { kind in
      points(of: kind).map { Contrast(kind: kind, points: $0) }
    }
  }

  /// The points of a contrast; `nil` if there are no runs for one side.
  private func points(of kind: ContrastKind) -> [ContrastPoint]? {
    let (first, second) = (treated[kind.minuend], treated[kind.subtrahend])
    if kind.minuend == .base {
      guard let base, let second else { return nil }
      return points(second.mapValues { _ in base }, minus: second)
    }
    if kind.subtrahend == .base {
      guard let base, let first else { return nil }
      return points(first, minus: first.mapValues { _ in base })
    }
    guard let first, let second else { return nil }
    return points(first, minus: second)
  }

  private func points(
    _ minuends: [Int: PairingSide], minus subtrahends: [Int: PairingSide]
  ) -> [ContrastPoint] {
    let none = PairingSide([])
    return Set(minuends.keys).union(subtrahends.keys).sorted().map { depth in
      let pairing = Pairing(minuends[depth] ?? none, minus: subtrahends[depth] ?? none)
      return ContrastPoint(
        depth: depth, pairs: pairing.pairs, estimate: Estimate(of: pairing.pairs),
        missingMinuend: pairing.missingMinuend, missingSubtrahend: pairing.missingSubtrahend)
    }
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
