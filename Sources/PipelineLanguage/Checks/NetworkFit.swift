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
    let operations = layers.reduce(0) { $0 + $1.allOperations.count }
    guard operations <= NetworkLimits.operations, let last = layers.last else {
      context.diagnostics.report(
        "a network may have \(NetworkLimits.operations) operations, not \(operations)",
        at: input.span)
      return nil
    }
    do {
      let graph = try NetworkGraph(resolved)
      guard isModest(graph), ParameterNamesCheck(layers: layers, context: context).check(graph),
        isModestWork(graph), endsInScores(graph, last)
      else { return nil }
      let parameters = try resolved.parameters()
      let others = try definition.resolved(classes: 2).parameters()
      let byLayer = Dictionary(grouping: parameters, by: \.layer)
      let names = definition.layers.map(\.name)
      return CheckedNetwork(
        definition: definition, name: name,
        positions: Dictionary(uniqueKeysWithValues: zip(names, names.indices)),
        parameters: names.map { byLayer[$0] ?? [] },
        places: (input.span, last.operations.last?.span ?? last.span),
        classParameters: Set(
          zip(parameters, others).filter { $0.shape != $1.shape }.map(\.0.name)))
    } catch {
      report(error)
      return nil
    }
  }

  /// Whether the network gives one value for each unit of its scores.
  private func endsInScores(_ graph: NetworkGraph, _ last: LocatedLayer) -> Bool {
    guard let output = graph.values.last, output.count != output.channels else { return true }
    context.diagnostics.report(
      "a network ends with one score for each class, but it gives \(output)",
      at: last.operations.last?.span ?? last.span,
      notes: [Diagnostic.Note("'average-pool: global' gives the mean of each channel")])
    return false
  }

  private func report(_ mismatch: ShapeMismatch) {
    let layer = layers[mismatch.layerIndex]
    let operation = layer.operation(at: mismatch.place)
    var notes: [Diagnostic.Note] = []
    if mismatch.place == [0], mismatch.layerIndex > 0 {
      let previous = layers[mismatch.layerIndex - 1]
      notes.append(
        Diagnostic.Note("layer '\(previous.name)' gives \(mismatch.input)", at: previous.span))
    }
    for path in mismatch.paths {
      notes.append(Diagnostic.Note("path \(path + 1) is here", at: operation.paths[path].span))
    }
    if !mismatch.paths.isEmpty {
      notes.append(Diagnostic.Note("all paths read \(mismatch.input)"))
    }
    context.diagnostics.report(
      "layer '\(layer.name)' does not fit: \(mismatch.message)", at: operation.span, notes: notes)
  }

  private func operation(of step: NetworkGraph.Step) -> LocatedOperation {
    layers[step.layer].operation(at: step.place)
  }

  /// Whether all counts are within what a machine could hold.
  private func isModest(_ graph: NetworkGraph) -> Bool {
    for step in graph.steps {
      let layer = layers[step.layer]
      let shape = graph.output(of: step)
      if shape.count > NetworkLimits.activations {
        context.diagnostics.report(
          "layer '\(layer.name)' makes \(shape) values for one image, more than "
            + "\(NetworkLimits.activations)", at: operation(of: step).span)
        return false
      }
      for parameter in graph.parameters(of: step, layer: layer.name)
      where parameter.count > NetworkLimits.weights {
        context.diagnostics.report(
          "layer '\(layer.name)' has \(parameter.count) weights, more than "
            + "\(NetworkLimits.weights)", at: layer.span)
        return false
      }
    }
    return true
  }

  /// Whether the operations together take no more work than sums and products of it can count.
  private func isModestWork(_ graph: NetworkGraph) -> Bool {
    var work = 0.0
    for step in graph.steps {
      work += Double(graph.flops(of: step))
      guard work > Double(NetworkLimits.flops) else { continue }
      context.diagnostics.report(
        "the network takes more than \(NetworkLimits.flops) multiplications and additions for one "
          + "image", at: operation(of: step).span)
      return false
    }
    return true
  }
}
