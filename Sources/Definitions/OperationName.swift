/// What an operation's parameters are called in files of weights, up to the last dot.
package struct OperationName: Hashable, Sendable {
  /// `bn1`, the whole name; or `.bn1`, which is put behind the layer's.
  package var text: String

  package init(_ text: String) { self.text = text }

  /// The whole name, in a layer.
  package func name(inLayer layer: String) -> String { text.hasPrefix(".") ? layer + text : text }
}

/// What the parameters of a layer's operations are called where no name is given.
///
/// In a layer with one weighted operation and at most one batch norm: as the layer, and `layer.norm`. In others
/// operations of a kind are numbered as they stand in the file: `layer.conv1`, `layer.norm1`, `layer.conv2`.
struct ParameterNames {
  private let layer: String
  private let isNumbered: Bool
  private var counts: [String: Int] = [:]

  init(_ layer: LayerDefinition) {
    self.layer = layer.name
    var weighted = 0
    var others: [String: Int] = [:]
    func count(_ operations: [Operation]) {
      for operation in operations {
        if let word = operation.settings.parameterWord {
          if operation.isWeighted { weighted += 1 } else { others[word, default: 0] += 1 }
        }
        operation.paths.forEach(count)
      }
    }
    count(layer.operations)
    isNumbered = weighted > 1 || others.values.contains { $0 > 1 }
  }

  /// The name of the next operation; `nil` where it has no parameters.
  mutating func next(_ operation: Operation) -> String? {
    guard let word = operation.settings.parameterWord else { return nil }
    counts[word, default: 0] += 1
    if let name = operation.name { return name.name(inLayer: layer) }
    if isNumbered { return "\(layer).\(word)\(counts[word] ?? 1)" }
    return operation.isWeighted ? layer : "\(layer).\(word)"
  }
}
