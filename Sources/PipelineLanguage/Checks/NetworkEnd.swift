import Basics
import Definitions

/// Checks that a network ends with a dense operation, the scores, and that only this operation has one unit per
/// class: all other shapes must not depend on the task.
struct NetworkEnd {
  let context: ReadingContext

  /// - Parameter layers: `nil` for a layer with reported errors.
  func check(_ layers: [LocatedLayer?]) -> Bool {
    var isSound = true
    for layer in layers.dropLast() {
      guard let layer else { continue }
      for (operation, span) in zip(layer.definition.operations, layer.operations) {
        guard (operation.settings as? Dense)?.units == .classes else { continue }
        isSound = false
        context.diagnostics.report(
          "only a network's last layer can have one unit for each class", at: span)
      }
    }
    guard let last = layers.last ?? nil else { return isSound }
    if last.definition.operations.last?.settings is Dense { return isSound }
    context.diagnostics.report(
      "a network ends with the classes' scores: its last operation must be dense",
      at: last.operations.last ?? last.span,
      notes: [Diagnostic.Note("for instance 'dense: classes'")])
    return false
  }
}
