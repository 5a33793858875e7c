import Basics
import Definitions

/// Checks that one thing alone decides which weights training ends with.
enum KeptWeightsFit {
  static func check(
    _ solver: SolverDefinition, _ validation: Described<ValidationRule>?, _ context: ReadingContext
  ) {
    guard let validation, validation.content.selects, solver.average != nil else { return }
    let key = validation.content.keep == .best ? "keep: best" : "patience"
    context.diagnostics.report(
      "'\(key)' and the solver's 'average' both decide which weights training ends with",
      at: validation.span)
  }
}
