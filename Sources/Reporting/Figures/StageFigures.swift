import ArtifactStore
import Basics
import Planning

/// The figures of one stage.
package enum StageFigures {
  /// Training curves and filters of a trained stage, confusion and per-class accuracy of an evaluation.
  ///
  /// - Throws: `DiagnosticError` for kinds of stages that have none, and where a file cannot be read.
  package static func figures(
    of name: String, kind: StageKind, _ artifact: StoredArtifact, filters: any FilterReader,
    fileSystem: any FileSystem
  ) throws(DiagnosticError) -> [Figure] {
    func contents(_ file: String, _ artifact: StoredArtifact) throws(DiagnosticError) -> [UInt8]? {
      guard let path = artifact.files[file] else { return nil }
      return try fileSystem.read(path)
    }
    let file = Figure.fileName(name)
    var figures: [Figure] = []
    switch kind {
    case .train, .transfer:
      if let series = try contents(FigureFiles.series, artifact) {
        let curve = try TrainingCurve(
          label: name, style: SeriesStyle(.blue, .circle), series: series)
        figures += [
          TrainingFigure(name: "training-\(file)", title: "Training of \(name)", curves: [curve])
            .figure
        ].compactMap { $0 }
      }
      if let (layer, bank) = try FilterBank.first(of: artifact, contents: contents, filters) {
        figures += [
          FilterFigure(
            name: "filters-\(file)", title: "First-layer filters of \(name)", layer: layer,
            .init(label: name, bank: bank)
          ).figure
        ].compactMap { $0 }
      }
    case .evaluate:
      if let bytes = try contents(FigureFiles.evaluation, artifact) {
        let results = try ClassResults(json: bytes)
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
        "'\(name)' is a \(kind.rawValue) stage, of which there are no figures")
    }
  }
}
