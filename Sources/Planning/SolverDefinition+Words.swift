import Basics
import Definitions

extension SolverDefinition {
  /// What tells a solver without a name from others at a glance: `sgd, rate 0.05, 12 epochs, batch 32`.
  var words: String {
    let length =
      switch length {
      case .epochs(let epochs): counted(epochs, "epoch")
      case .iterations(let iterations): counted(iterations, "iteration")
      }
    return
      "\(rule.name), rate \(VariableValue(Value.number(rate.start))), \(length), batch \(batch)"
  }
}
