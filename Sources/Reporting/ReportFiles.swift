import Basics

/// The name of the text among a report's files: what a terminal shows.
package let reportTextFile = "accuracy.txt"

/// The files of a report, by name.
///
/// - Parameter analysis: of the source's results.
/// - Throws: `DiagnosticError` where an artifact cannot be read.
package func reportFiles(
  of source: ReportSource, _ analysis: Analysis
) throws(DiagnosticError) -> [String: [UInt8]] {
  let texts = [
    reportTextFile: AnalysisText(analysis).text,
    "runs.csv": RunTable.csv(analysis.results.runs),
    "runs.json": RunTable.json(analysis.results).json(indented: true) + "\n",
    "means.csv": AnalysisTables.means(analysis),
    "contrasts.csv": AnalysisTables.contrasts(analysis),
    "analysis.json": AnalysisTables.json(analysis).json(indented: true) + "\n",
    "accuracy.svg": AccuracyFigure(AccuracyTable(analysis.results.runs)).svg,
  ]
  return texts.mapValues { Array($0.utf8) }
}
