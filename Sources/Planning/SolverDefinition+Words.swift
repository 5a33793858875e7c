import Basics
import Definitions

extension SolverDefinition {
  /// A short description of a solver without a name: `sgd, rate 0.05, 12 epochs, batch 32`.
  var words: String {
    "\(rule.name), rate \(VariableValue(Value.number(rate.start))), \(length.words), batch \(batch)"
  }
}

extension TrainingLength {
  /// `12 epochs`
  var words: String {
    switch self {
    case .epochs(let count): counted(count, "epoch")
    case .iterations(let count): counted(count, "iteration")
    }
  }
}
