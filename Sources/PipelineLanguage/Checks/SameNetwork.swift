import Basics
import Definitions

/// Checks that two trained stages have the same network, so that there is a network between each pair of weights.
struct SameNetwork {
  let first: Described<String>
  let second: Described<String>
  let context: ReadingContext

  func check(_ one: TrainedNetwork, _ other: TrainedNetwork) -> Bool {
    let networks = (one.network.content.definition, other.network.content.definition)
    guard networks.0 != networks.1 else { return true }
    context.diagnostics.report(
      "'\(first.content)' and '\(second.content)' have different networks: there is no line between their weights",
      at: second.span,
      notes: [
        Diagnostic.Note("the network of '\(first.content)' is here", at: one.network.span),
        Diagnostic.Note("the network of '\(second.content)' is here", at: other.network.span),
      ])
    return false
  }
}
