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

/// The files of a report by name: page, figures, tables, text. Their contents are made when they are written.
///
/// - Parameter analysis: the analysis of the source's results.
/// - Throws: `DiagnosticError` if an artifact cannot be read; the source's refusals.
package func reportFiles(
  of source: ReportSource, _ analysis: Analysis, _ extras: ReportExtras = ReportExtras()
) throws -> [String: ReportFile] {
  let figures = try StudyFigures(
    source, analysis, filters: extras.filters, timeline: extras.timeline)
  let methods = StudyMethods(
    source, settings: CellTable.differing(inPoolsOf: analysis.results.runs))
  var provenance = ReportProvenance(source)
  if extras.tellsCircumstances { provenance.addCircumstances(of: source) }
  let table = RunTable(analysis.results.runs)
  let sections = try extras.analyses.sections(of: source, analysis)
  let html = ReportPage(analysis, figures, methods, provenance, sections: sections)
  var files = [
    ArtifactFile.reportPage.name: ReportFile { html.html },
    ArtifactFile.reportText.name: ReportFile { AnalysisText(analysis, sections: sections).text },
    ArtifactFile.reportRuns.name: table.csv,
    ArtifactFile.reportMeans.name: ReportFile { AnalysisTables.means(analysis) },
    ArtifactFile.reportContrasts.name: ReportFile { AnalysisTables.contrasts(analysis) },
    ArtifactFile.reportRunsDocument.name: table.json(of: analysis.results),
    ArtifactFile.reportAnalysis.name: AnalysisTables.json(analysis),
  ]
  for section in sections {
    for (name, text) in section.files { files[name] = ReportFile { text } }
    for figure in section.figures {
      files["figures/\(figure.name).svg"] = ReportFile { figure.drawing.document }
    }
  }
  for figure in figures.all {
    files["figures/\(figure.name).svg"] = ReportFile { figure.drawing.document }
  }
  return files
}
