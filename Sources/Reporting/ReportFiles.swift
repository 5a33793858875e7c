import Basics
import Results

/// Optional parts of a report besides its results.
package struct ReportExtras: Sendable {
  /// Reads weights; `nil` for reports without filters.
  package var filters: (any FilterReader)?
  /// How analyses of networks are shown.
  package var analyses: [AnalysisReport]
  /// A run's timeline.
  package var timeline: Figure?
  /// Whether versions and machines are included.
  package var tellsCircumstances = false

  package init(filters: (any FilterReader)? = nil, analyses: [AnalysisReport] = []) {
    self.filters = filters
    self.analyses = analyses
  }
}

/// The files of a report by name: page, figures, tables, text.
///
/// - Parameter analysis: the analysis of the source's results.
/// - Throws: `DiagnosticError` if an artifact cannot be read; the source's refusals.
package func reportFiles(
  of source: ReportSource, _ analysis: Analysis, _ extras: ReportExtras = ReportExtras()
) throws -> [String: [UInt8]] {
  let figures = try StudyFigures(
    source, analysis, filters: extras.filters, timeline: extras.timeline)
  let methods = StudyMethods(
    source, settings: ExperimentGroup.differingSettings(of: analysis.results.runs))
  var provenance = ReportProvenance(source)
  if extras.tellsCircumstances { provenance.addCircumstances(of: source) }
  let sections = try extras.analyses.compactMap { try $0.section(of: source, analysis) }
  var texts = [
    ArtifactFile.reportPage.name: ReportPage(
      analysis, figures, methods, provenance, sections: sections
    ).html,
    ArtifactFile.reportText.name: AnalysisText(analysis).text,
    ArtifactFile.reportRuns.name: RunTable(analysis.results.runs).csv,
    ArtifactFile.reportMeans.name: AnalysisTables.means(analysis),
    ArtifactFile.reportContrasts.name: AnalysisTables.contrasts(analysis),
  ]
  for section in sections {
    for (name, text) in section.files { texts[name] = text }
    for figure in section.figures { texts["figures/\(figure.name).svg"] = figure.drawing.document }
  }
  for figure in figures.all { texts["figures/\(figure.name).svg"] = figure.drawing.document }
  let documents = [
    ArtifactFile.reportRunsDocument.name: RunTable.json(analysis.results),
    ArtifactFile.reportAnalysis.name: AnalysisTables.json(analysis),
  ]
  return documents.mapValues { $0.jsonBytes(indented: true) + [UInt8(ascii: "\n")] }
    .merging(texts.mapValues { Array($0.utf8) }) { first, _ in first }
}
