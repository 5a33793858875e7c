import Basics
import Results

extension StageFigures {
  /// Confusion and per-class accuracy of an evaluation.
  package static let evaluation = StageFigures([.evaluate]) { stage throws(DiagnosticError) in
    guard let details = try stage.artifact.result(EvaluationDetails.self, from: stage.fileSystem)
    else { return [] }
    let classes = ClassFigure(
      name: stage.fileName, title: "Accuracy of \(stage.name) on each class",
      networks: [
        .init(label: stage.name, style: SeriesStyle(.blue, .circle), results: details.classes)
      ])
    return ConfusionFigure(
      name: stage.fileName, title: "Confusion of \(stage.name)", details.classes
    ).figures + [classes.figure].compactMap { $0 }
  }
}
