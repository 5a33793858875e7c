import Basics
import Definitions
import OrderedCollections

/// Checks that no stage has the name of a stage that prepares a dataset.
struct KeptNames {
  let datasets: OrderedDictionary<String, Described<LocatedDataset>>
  let context: ReadingContext

  func check(_ stages: [StageDescription]) {
    let kept = Dictionary(
      uniqueKeysWithValues: datasets.keys.map { (PreparingStage.name(of: $0), $0) })
    for stage in stages {
      guard let name = kept[stage.name], let dataset = datasets[name] else { continue }
      context.diagnostics.report(
        "stage name '\(stage.name)' is reserved for the stage that prepares dataset '\(name)'",
        at: stage.span, notes: [Diagnostic.Note("the dataset is here", at: dataset.span)])
    }
  }
}
