import Basics
import Definitions

/// Warns about a training run in which nothing learns.
struct LearningLayers {
  let network: CheckedNetwork
  let context: ReadingContext

  /// - Parameters:
  ///   - treatments: one for each layer.
  ///   - span: the location of the layers in the stage.
  func check(_ treatments: [LayerTreatment], at span: SourceSpan) {
    guard treatments.contains(where: { $0.verb.state == .learning }) else {
      context.diagnostics.warn(
        "nothing learns: every layer is frozen, so training changes no weight", at: span,
        notes: [
          Diagnostic.Note("to evaluate weights as they are, 'iterations: 1' is enough")
        ])
      return
    }
    for (treatment, parameters) in zip(treatments, network.parameters)
    where treatment.verb.state == .learning {
      if parameters.contains(where: { $0.role != .statistic && $0.rate != 0 }) { return }
    }
    context.diagnostics.warn(
      "nothing learns: the rates of all layers that are not frozen are 0", at: span,
      notes: [Diagnostic.Note("'weight-rate' and 'bias-rate' are factors on the solver's rate")])
  }
}
