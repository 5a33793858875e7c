import Basics
import Engine

extension Weights {
  /// Makes sure that all trained weights are numbers that a network can compute with: the loss of the last step
  /// is that of the weights before it, so it does not show where this step leads.
  ///
  /// - Parameter iterations: the steps that were made.
  /// - Throws: `DiagnosticError` for a weight beyond the range of numbers.
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
