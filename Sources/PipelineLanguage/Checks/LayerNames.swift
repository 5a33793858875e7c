import Basics
import Definitions

/// Checks that no two layers of a network have one name, as a sweep could make them.
struct LayerNames {
  let context: ReadingContext

  func check(_ layers: [LocatedLayer]) -> Bool {
    var known: [String: SourceSpan] = [:]
    var isSound = true
    for layer in layers {
      if let first = known.updateValue(layer.span, forKey: layer.name) {
        isSound = false
        context.diagnostics.report(
          "a second layer is called '\(layer.name)'", at: layer.span,
          notes: [Diagnostic.Note("the first is here", at: first)])
      }
    }
    return isSound
  }
}

/// Checks that no two operations of a network have parameters of one name.
struct ParameterNamesCheck {
  let layers: [LocatedLayer]
  let context: ReadingContext

  func check(_ graph: NetworkGraph) -> Bool {
    var known: [String: SourceSpan] = [:]
    var isSound = true
    for step in graph.steps {
      guard let name = step.name else { continue }
      let span = layers[step.layer].operation(at: step.place).span
      if let first = known.updateValue(span, forKey: name) {
        isSound = false
        context.diagnostics.report(
          "the parameters of a second operation are called '\(name)'", at: span,
          notes: [
            Diagnostic.Note("the first is here", at: first),
            Diagnostic.Note(
              "a name that begins with a dot, such as '.conv1', is put behind the layer's"),
          ])
      }
    }
    return isSound
  }
}
