import Basics
import Results

extension StageFigures {
  /// Training curves and first-layer filters of a trained stage.
  package static let training = StageFigures([.train, .transfer]) { stage throws(DiagnosticError) in
    var figures: [Figure?] = []
    if let series = try stage.artifact.result(MetricSeries.self, from: stage.fileSystem) {
      let curve = TrainingCurve(
        label: stage.name, style: SeriesStyle(.blue, .circle), series: series)
      figures.append(
        TrainingFigure(
          name: "training-\(stage.fileName)", title: "Training of \(stage.name)", curves: [curve]
        ).figure)
    }
    let report = try stage.artifact.result(LoadReport.self, from: stage.fileSystem)
    if let (layer, bank) = try FilterBank.first(of: stage.artifact, report, stage.filters) {
      figures.append(
        FilterFigure(
          name: "filters-\(stage.fileName)", title: "First-layer filters of \(stage.name)",
          layer: layer, .init(label: stage.name, bank: bank)
        ).figure)
    }
    return figures.compactMap { $0 }
  }
}
