import Planning

/// The analysis of a study: the numbers behind every table, figure and sentence of a report.
package struct Analysis: Sendable {
  package var results: StudyResults
  package var experiments: [Experiment]
  package var relative: [RelativeSeries]
  package var byExamples: [ExampleSeries]
  package var warnings: [ResultWarning]

  package init(_ results: StudyResults) {
    self.results = results
    let groups = ExperimentGroup.groups(of: results.runs)
    let distinctions = ScopeDistinctions(results.runs)
    let bases = Dictionary(
      grouping: results.runs.filter { $0.design.kind == .base }, by: \.design.scope)
    experiments = groups.map { group in
      // Bases of listed tasks that only provide layers are in groups of their own.
      let sources = group.sources.flatMap { source -> [RunResult] in
        guard case .listed = group.key.scope.tasks else { return [] }
        return (bases[group.key.scope.with(task: source)] ?? []).filter {
          $0.design.variables.settings.agrees(with: group.key.conditions)
        }
      }
      return Experiment(
        group, distinctions: distinctions, otherBases: sources)
    }
    relative = RelativeSeries.all(of: experiments, distinctions)
    byExamples = ExampleSeries.all(of: results.runs, distinctions)
    warnings = ResultWarning.all(of: results, experiments)
  }
}
