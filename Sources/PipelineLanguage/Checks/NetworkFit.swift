import Basics
import Definitions

/// Checks that each operation of a network accepts the shape of its input.
struct NetworkFit {
  let layers: [LocatedLayer]
  let input: Described<Shape>
  let context: ReadingContext

  func check(name: String?) -> CheckedNetwork? {
    let definition = NetworkDefinition(input: input.content, layers: layers.map(\.definition))
    // The number of classes affects only the last shape.
    let resolved = definition.resolved(classes: 1)
    do {
      let shapes = try resolved.shapes()
      let parameters = try resolved.parameters()
      guard isModest(shapes, parameters), isModestWork(resolved, shapes),
        let scores = layers.last?.operations.last
      else { return nil }
      let byLayer = Dictionary(grouping: parameters, by: \.layer)
      let names = definition.layers.map(\.name)
      return CheckedNetwork(
        definition: definition, name: name,
        positions: Dictionary(uniqueKeysWithValues: zip(names, names.indices)),
        parameters: names.map { byLayer[$0] ?? [] }, places: (input.span, scores))
    } catch {
      report(error)
      return nil
    }
  }

  private func report(_ mismatch: ShapeMismatch) {
    let layer = layers[mismatch.layerIndex]
    var notes: [Diagnostic.Note] = []
    if mismatch.operationIndex == 0, mismatch.layerIndex > 0 {
      let previous = layers[mismatch.layerIndex - 1]
      notes.append(
        Diagnostic.Note(
          "layer '\(previous.definition.name)' gives \(mismatch.input)", at: previous.span))
    }
    context.diagnostics.report(
      "layer '\(layer.definition.name)' does not fit: \(mismatch.message)",
      at: layer.operations[mismatch.operationIndex], notes: notes)
  }

  /// Whether all counts are within the limits of a network.
  private func isModest(_ shapes: [[Shape]], _ parameters: [ParameterDefinition]) -> Bool {
    for (layer, shapes) in zip(layers, shapes) {
      for (span, shape) in zip(layer.operations, shapes.dropFirst())
      where shape.count > NetworkLimits.activations {
        context.diagnostics.report(
          "layer '\(layer.definition.name)' makes \(shape) values for one image, more than "
            + "\(NetworkLimits.activations)", at: span)
        return false
      }
    }
    for parameter in parameters where parameter.count > NetworkLimits.weights {
      let layer = layers.first { $0.definition.name == parameter.layer }
      guard let layer else { continue }
      context.diagnostics.report(
        "layer '\(parameter.layer)' has \(parameter.count) weights, more than "
          + "\(NetworkLimits.weights)", at: layer.span)
      return false
    }
    return true
  }

  /// Whether the total work is small enough for sums and products of it.
  private func isModestWork(_ network: NetworkDefinition, _ shapes: [[Shape]]) -> Bool {
    var work = 0.0
    for (layer, shapes) in zip(layers, shapes) {
      for (position, operation) in layer.definition.operations.enumerated() {
        work += Double(operation.flops(from: shapes[position], to: shapes[position + 1]))
        guard work > Double(NetworkLimits.flops) else { continue }
        context.diagnostics.report(
          "the network takes more than \(NetworkLimits.flops) multiplications and additions for one "
            + "image", at: layer.operations[position])
        return false
      }
    }
    return true
  }
}
