import ArtifactStore
import Basics
import Planning
import Results

/// The figures of one stage.
package enum StageFigures {
  /// Training curves and filters of a trained stage, confusion and per-class accuracy of an evaluation.
  ///
  /// - Throws: `DiagnosticError` for kinds of stages that have none, and where a file cannot be read.
  package static func figures(
    of name: String, kind: StageKind, _ artifact: StoredArtifact, filters: any FilterReader,
    fileSystem: any FileSystem
  ) throws(DiagnosticError) -> [Figure] {
    let file = Figure.fileName(name)
    var figures: [Figure] = []
    switch kind {
    case .train, .transfer:
      if let series = try artifact.result(MetricSeries.self, from: fileSystem) {
        let curve = TrainingCurve(
          label: name, style: SeriesStyle(.blue, .circle), series: series)
        figures += [
          TrainingFigure(name: "training-\(file)", title: "Training of \(name)", curves: [curve])
            .figure
        ].compactMap { $0 }
      }
      let report = try artifact.result(LoadReport.self, from: fileSystem)
      if let (layer, bank) = try FilterBank.first(of: artifact, report, filters) {
        figures += [
          FilterFigure(
            name: "filters-\(file)", title: "First-layer filters of \(name)", layer: layer,
            .init(label: name, bank: bank)
          ).figure
        ].compactMap { $0 }
      }
    case .evaluate:
      if let details = try artifact.result(EvaluationDetails.self, from: fileSystem) {
        let results = details.classes
        figures += ConfusionFigure(name: file, title: "Confusion of \(name)", results).figures
        figures += [
          ClassFigure(
            name: file, title: "Accuracy of \(name) on each class",
            networks: [.init(label: name, style: SeriesStyle(.blue, .circle), results: results)]
          ).figure
        ].compactMap { $0 }
      }
    default:
      try check(kind, name)
    }
    return Figure.uniquelyNamed(figures)
  }

  /// - Throws: `DiagnosticError` for kinds of stages that have no figures.
  package static func check(_ kind: StageKind, _ name: String) throws(DiagnosticError) {
    switch kind {
    case .train, .transfer, .evaluate: return
    case .report:
      throw DiagnosticError(
        "'\(name)' is a report: 'show --figures' draws trained and evaluated stages",
        notes: [.init("'cambium report FILE -o DIR' writes the figures of a report")])
    default:
      throw DiagnosticError(
        "'\(name)' is a \(kind.rawValue) stage, which has no figures")
    }
  }
}
