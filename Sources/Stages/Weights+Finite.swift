import Basics
import Engine

extension Weights {
  /// Checks that all trained weights are finite. The loss of the last step is computed before its update, so it does
  /// not show whether the update diverged.
  ///
  /// - Parameter iterations: the number of completed steps.
  /// - Throws: `DiagnosticError` for a weight that is not finite.
  package func checkFinite(after iterations: Int) throws(DiagnosticError) {
    for tensor in tensors {
      guard let position = tensor.values.firstIndex(where: { !$0.isFinite }) else { continue }
      throw DiagnosticError(
        "the weights became \(tensor.values[position]) in the last iterations: position "
          + "\(position) of '\(tensor.name)'",
        notes: [.init("a smaller rate, a warm-up or other initial weights may help")],
        cause: .diverged(iteration: iterations))
    }
  }
}
