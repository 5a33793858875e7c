import Planning

/// What a study's results come to: the numbers behind every table, figure and sentence of a report.
package struct Analysis: Sendable {
  package var results: StudyResults
  package var experiments: [Experiment]
  package var relative: [RelativeSeries]
  package var byExamples: [ExampleSeries]
  package var warnings: [ResultWarning]

  /// - Parameter seed: what the bootstrap's random numbers start from.
  package init(_ results: StudyResults, seed: UInt64 = 0) {
    self.results = results
    let statistics = Statistics(seed: seed)
    let groups = ExperimentGroup.groups(of: results.runs)
    let distinctions = ScopeDistinctions(results.runs)
    let bases = Dictionary(
      grouping: results.runs.filter { $0.design.kind == .base }, by: \.design.scope)
    experiments = groups.map { group in
      // The bases of listed tasks that give layers stand in groups of their own.
      let sources = group.sources.flatMap { source -> [RunResult] in
        guard case .listed = group.key.scope.tasks else { return [] }
        return (bases[group.key.scope.with(task: source)] ?? []).filter {
          $0.design.variables.settings.agrees(with: group.key.conditions)
        }
      }
      return Experiment(
        group, statistics: statistics, distinctions: distinctions, otherBases: sources)
    }
    relative = RelativeSeries.all(of: experiments, statistics, distinctions)
    byExamples = ExampleSeries.all(of: results.runs, statistics, distinctions)
    warnings = ResultWarning.all(of: results, experiments)
  }
}
