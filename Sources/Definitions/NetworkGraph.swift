/// A network as what it computes: operations one after the other, each with the values that it reads and makes.
///
/// Paths side by side stand one after the other, followed by what joins them. Everything that is asked of a network
/// (shapes, parameters, cost, memory, what is frozen, what an engine runs) is asked of this.
package struct NetworkGraph: Sendable {
  /// An operation in its place.
  package struct Step: Sendable {
    /// The position of its layer.
    package var layer: Int
    /// The position of the layer's operation that it is, or lies in, counted through all layers.
    package var operation: Int
    /// Where it stands: its position in the layer, followed by those of path and operation for each join around it.
    package var place: [Int]
    package var settings: any OperationSettings
    /// What it reads: one value, or one for each path that it joins.
    package var inputs: [Int]
    package var output: Int
    /// What its parameters' names begin with; `nil` where it has none.
    package var name: String?
  }

  /// The shapes of all values; the network's input is the first.
  package private(set) var values: [Shape]
  package private(set) var steps: [Step] = []
  /// For each layer, its input followed by what each of its operations makes.
  package private(set) var boundaries: [[Int]] = []

  /// - Throws: `ShapeMismatch` for the first operation that does not fit.
  package init(_ network: NetworkDefinition) throws(ShapeMismatch) {
    values = [network.input]
    var current = 0
    var operation = 0
    for (index, layer) in network.layers.enumerated() {
      var boundary = [current]
      var names = ParameterNames(layer)
      for position in layer.operations.indices {
        let place = LayerPlace(name: layer.name, index: index, operation: operation)
        current = try append(
          layer.operations[position], reading: current, in: place, [position], &names)
        boundary.append(current)
        operation += 1
      }
      boundaries.append(boundary)
    }
  }

  private struct LayerPlace {
    var name: String
    var index: Int
    var operation: Int
  }

  private mutating func append(
    _ operation: Operation, reading value: Int, in layer: LayerPlace, _ place: [Int],
    _ names: inout ParameterNames
  ) throws(ShapeMismatch) -> Int {
    var inputs = [value]
    let result: Result<Shape, ShapeMismatch>
    if let join = operation.settings.joining {
      inputs = []
      for (index, path) in join.paths.enumerated() {
        var current = value
        for position in path.indices {
          current = try append(
            path[position], reading: current, in: layer, place + [index, position], &names)
        }
        inputs.append(current)
      }
      result = join.joinedShape(of: inputs.map { values[$0] }).mapError {
        mismatch(layer, place, value, $0.message, paths: [$0.paths.0, $0.paths.1])
      }
    } else {
      result = operation.settings.outputShape(for: values[value]).mapError {
        mismatch(layer, place, value, $0.message)
      }
    }
    values.append(try result.get())
    steps.append(
      Step(
        layer: layer.index, operation: layer.operation, place: place, settings: operation.settings,
        inputs: inputs, output: values.count - 1, name: names.next(operation)))
    return values.count - 1
  }

  private func mismatch(
    _ layer: LayerPlace, _ place: [Int], _ value: Int, _ message: String, paths: [Int] = []
  ) -> ShapeMismatch {
    ShapeMismatch(
      layer: layer.name, layerIndex: layer.index, place: place, input: values[value],
      message: message, paths: paths)
  }
}

extension NetworkGraph {
  /// The shape that a step reads, of the first path for what joins paths.
  package func input(of step: Step) -> Shape { values[step.inputs[0]] }

  package func output(of step: Step) -> Shape { values[step.output] }

  package func flops(of step: Step) -> Int {
    step.settings.flops(from: input(of: step), to: output(of: step))
  }

  /// A step's parameters in order, weights before biases.
  package func parameters(of step: Step, layer: String) -> [ParameterDefinition] {
    guard let name = step.name else { return [] }
    return step.settings.parameters(named: name, layer: layer, input: input(of: step))
  }
}
