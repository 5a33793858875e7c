import Basics

/// Checks that a layer has a weighted operation.
struct LayerContents {
  let context: ReadingContext

  func check(_ layer: LocatedLayer) -> Bool {
    if layer.operations.contains(where: { $0.definition.isWeighted }) { return true }
    context.diagnostics.report(
      "layer '\(layer.name)' has no weighted operation: it needs a conv or a dense", at: layer.span,
      notes: [Diagnostic.Note("what has no weights belongs to the layer before it, or after")])
    return false
  }
}
