import Basics
import Planning

/// Finds the networks that the layers of experiments were copied from, among those of a report.
struct SourceNetworks {
  /// The runs that measure a network.
  private var measured: [Fingerprint: [RunResult]] = [:]
  /// The bases of each scope, for results that say no more of their sources than the task.
  private var bases: [ReportEntry.Scope: [RunResult]] = [:]
  /// The same by their settings, where it has been asked for.
  private var indices: [ReportEntry.Scope: AgreementIndex] = [:]

  init(_ runs: [RunResult]) {
    for run in runs {
      if let lineage = run.lineage {
        measured[lineage.trained.fingerprint, default: []].append(run)
      }
    }
    for (scope, runs) in ExperimentGroup.scopes(of: runs.filter { $0.design.kind == .base }) {
      bases[scope] = runs
    }
  }

  /// Each network once, measured as the group is where there is a choice.
  mutating func of(_ group: ExperimentGroup) -> [RunResult] {
    var found: [RunResult] = []
    var seen: Set<String> = []
    var isUnknown = false
    for run in group.treated {
      guard let lineage = run.lineage else {
        isUnknown = true
        continue
      }
      guard let origin = lineage.origin, let candidates = measured[origin.fingerprint] else {
        continue
      }
      let scope = group.key.scope
      let own =
        candidates.first {
          $0.design.measuredOn == scope.measuredOn && $0.design.score == scope.score
        } ?? candidates[0]
      if seen.insert(own.name).inserted { found.append(own) }
    }
    if isUnknown {
      found += basesOfTasks(of: group).filter { seen.insert($0.name).inserted }
    }
    return found
  }

  /// The bases of the tasks that layers come from, as far as they agree with the group's settings.
  private mutating func basesOfTasks(of group: ExperimentGroup) -> [RunResult] {
    switch group.key.scope.tasks {
    case .listed:
      let stated = Shared(RunSettings(group.key.conditions)).stated
      return group.sources.flatMap { source in
        agreeing(with: stated, in: group.key.scope.with(task: source))
      }
    case .random, .whole:
      let sources = Set(group.sources)
      return group.bases.filter { sources.contains($0.design.target) }
    }
  }

  private mutating func agreeing(
    with stated: Shared<RunSettings>, in scope: ReportEntry.Scope
  ) -> [RunResult] {
    guard let bases = bases[scope] else { return [] }
    if indices[scope] == nil { indices[scope] = AgreementIndex(bases.map(\.settings)) }
    return indices[scope]?.positions(agreeingWith: stated).map { bases[$0] } ?? []
  }
}
