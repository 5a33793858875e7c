import Basics
import Planning

/// Finds the networks that the layers of experiments were copied from, among those of a report.
struct SourceNetworks {
  /// The runs that measure a network.
  private var measured: [Fingerprint: [RunResult]] = [:]
  /// The bases of each scope, for results that say no more of their sources than the task.
  private var bases: [ReportEntry.Scope: [RunResult]] = [:]

  init(_ runs: [RunResult]) {
    for run in runs {
      if let lineage = run.lineage {
        measured[lineage.trained.fingerprint, default: []].append(run)
      }
      if run.design.kind == .base { bases[run.design.scope, default: []].append(run) }
    }
  }

  /// Each network once, measured as the group is where there is a choice.
  func of(_ group: ExperimentGroup) -> [RunResult] {
    var found: [RunResult] = []
    var seen: Set<String> = []
    var unknown: [RunResult] = []
    for run in group.treated {
      guard let lineage = run.lineage else {
        unknown.append(run)
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
    if !unknown.isEmpty {
      found += basesOfTasks(of: group).filter { seen.insert($0.name).inserted }
    }
    return found
  }

  /// The bases of the tasks that layers come from, as far as they agree with the group's settings.
  private func basesOfTasks(of group: ExperimentGroup) -> [RunResult] {
    let sources = group.sources
    switch group.key.scope.tasks {
    case .listed:
      return sources.flatMap { source in
        (bases[group.key.scope.with(task: source)] ?? []).filter {
          $0.design.variables.settings.agrees(with: group.key.conditions)
        }
      }
    case .random, .whole:
      return group.bases.filter { sources.contains($0.design.target) }
    }
  }
}
