import Basics
import Definitions

/// Checks that a network ends with the classes' scores, and that no other operation has as many units as there are
/// classes: a network's shapes below its scores must not depend on the task.
struct NetworkEnd {
  let context: ReadingContext

  /// - Parameter layers: `nil` for a layer with reported errors.
  func check(_ layers: [LocatedLayer?]) -> Bool {
    var isSound = true
    for layer in layers.dropLast() {
      guard let layer else { continue }
      for operation in layer.allOperations
      where operation.paths.isEmpty && operation.definition.hasUnitsForClasses {
        isSound = false
        context.diagnostics.report(
          "only a network's last layer can have one unit for each class", at: operation.span)
      }
    }
    guard let last = layers.last ?? nil else { return isSound }
    let weighted = last.operations.lastIndex { $0.definition.isWeighted } ?? 0
    let behind = last.operations[(weighted + 1)...].map(\.definition)
    // What follows the scores may put places together, as global pooling does, but nothing else.
    let isDense = last.operations[weighted].definition.settings is Dense && behind.isEmpty
    let isPooled =
      last.operations[weighted].definition.settings is Convolution
      && behind.contains { $0.settings is AdaptiveAveragePool || $0.settings is AveragePool }
    if isDense || isPooled { return isSound }
    context.diagnostics.report(
      "a network ends with the classes' scores: its last operation must be dense",
      at: last.operations.last?.span ?? last.span,
      notes: [
        Diagnostic.Note(
          "for instance 'dense: classes', or a conv with 'filters: classes' and 'average-pool: global'"
        )
      ])
    return false
  }
}
