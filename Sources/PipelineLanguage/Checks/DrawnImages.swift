import Basics
import Definitions
import OrderedCollections

/// Warns of datasets that draw different test images from one source.
///
/// Images are drawn class by class, so that other classes, for example those of another column of a table, mean other test
/// images. A network that is trained on one dataset has then seen test images of the other.
struct DrawnImages {
  let datasets: OrderedDictionary<String, Described<LocatedDataset>>
  let context: ReadingContext

  func warn() {
    for (position, (name, dataset)) in datasets.elements.enumerated() {
      let definition = dataset.content.definition
      guard
        let (other, first) = datasets.elements.prefix(position).first(where: {
          DrawnImages.differ($0.value.content.definition, definition)
        })
      else { continue }
      context.diagnostics.warn(
        "datasets '\(other)' and '\(name)' draw different test images from one source: those of one are training images of the other",
        at: dataset.content.places["subsets"] ?? dataset.span,
        notes: [
          .init("'\(other)' is here", at: first.span),
          .init(
            "a network trained on one has seen them: give both the same lists of training and test images ('cambium data --images' writes what a dataset has drawn)"
          ),
        ])
    }
  }

  private static func differ(_ first: DatasetDefinition, _ second: DatasetDefinition) -> Bool {
    guard first.source == second.source, first.subsets?.draw != nil || second.subsets?.draw != nil
    else { return false }
    return first.subsets != second.subsets || first.labels != second.labels
  }
}
