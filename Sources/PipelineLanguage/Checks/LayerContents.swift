import Basics
import Definitions

/// Checks that a layer has exactly one weighted operation, and at most one batch norm, since parameters are named
/// after the layer.
struct LayerContents {
  let context: ReadingContext

  func check(_ layer: LocatedLayer) -> Bool {
    let name = layer.definition.name
    let operations = Array(zip(layer.definition.operations, layer.operations))
    let weighted = operations.filter { $0.0.isWeighted }
    let norms = operations.filter { $0.0.settings is BatchNorm }
    var isSound = true
    if weighted.isEmpty {
      isSound = false
      context.diagnostics.report(
        "layer '\(name)' has no weighted operation: it needs a conv or a dense", at: layer.span)
    }
    for (kind, found) in [("weighted operation", weighted), ("batch-norm", norms)] {
      for (_, span) in found.dropFirst() {
        isSound = false
        context.diagnostics.report(
          "layer '\(name)' has a second \(kind): begin a new layer", at: span,
          notes: [Diagnostic.Note("the first is here", at: found[0].1)])
      }
    }
    return isSound
  }
}
