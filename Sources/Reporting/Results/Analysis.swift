/// What a study's results come to: the numbers behind every table, figure and sentence of a report.
package struct Analysis: Sendable {
  package var results: StudyResults
  package var experiments: [Experiment]
  package var relative: [RelativeSeries]
  package var byExamples: [ExampleSeries]
  package var warnings: [ResultWarning]
}
