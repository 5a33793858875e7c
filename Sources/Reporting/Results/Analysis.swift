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
    var sources = SourceNetworks(results.runs)
    experiments = groups.map { group in
      Experiment(group, distinctions: distinctions, sources: sources.of(group))
    }
    relative = RelativeSeries.all(of: experiments, distinctions)
    byExamples = ExampleSeries.all(of: results.runs, distinctions)
    warnings = ResultWarning.all(of: results, experiments)
  }
}
