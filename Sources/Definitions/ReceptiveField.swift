/// The places along one side of a map that a place of an operation's output depends on: `kernel` of them, from `place · stride −
/// padding` on.
package struct PlaceWindow: Hashable, Sendable {
  package var kernel: Int
  package var stride: Int
  package var padding: Int

  package init(kernel: Int, stride: Int, padding: Int) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  /// The places that a range of places depends on, within a side of the input.
  fileprivate func inputs(of places: ClosedRange<Int>, extent: Int) -> ClosedRange<Int> {
    let first = max(0, places.lowerBound * stride - padding)
    let last = min(extent - 1, places.upperBound * stride - padding + kernel - 1)
    return min(first, extent - 1)...max(last, min(first, extent - 1))
  }
}

/// A rectangle of a network's input: rows and columns of pixels.
package struct ReceptiveField: Hashable, Sendable {
  package var rows: ClosedRange<Int>
  package var columns: ClosedRange<Int>

  package init(rows: ClosedRange<Int>, columns: ClosedRange<Int>) {
    self.rows = rows
    self.columns = columns
  }

  fileprivate func union(_ other: ReceptiveField) -> ReceptiveField {
    func union(_ one: ClosedRange<Int>, _ other: ClosedRange<Int>) -> ClosedRange<Int> {
      min(one.lowerBound, other.lowerBound)...max(one.upperBound, other.upperBound)
    }
    return ReceptiveField(
      rows: union(rows, other.rows), columns: union(columns, other.columns))
  }
}

extension NetworkDefinition {
  /// The pixels of the input that a place of a layer's activations depends on, of every path.
  ///
  /// - Throws: `ShapeMismatch` if the shapes of the network do not match.
  package func receptiveField(
    ofLayer layer: Int, row: Int, column: Int
  ) throws(ShapeMismatch) -> ReceptiveField {
    let graph = try NetworkGraph(self)
    var fields: [Int: ReceptiveField] = [:]
    fields[graph.boundaries[layer].last ?? 0] = ReceptiveField(
      rows: row...row, columns: column...column)
    for step in graph.steps.reversed() {
      guard let field = fields[step.output] else { continue }
      let output = graph.values[step.output]
      for input in step.inputs {
        let shape = graph.values[input]
        let whole = ReceptiveField(rows: 0...shape.height - 1, columns: 0...shape.width - 1)
        var read = whole
        // What joins a map with a vector, or one of another size, reads all of it.
        let isSame = shape.height == output.height && shape.width == output.width
        if output.isSpatial, let window = step.settings.window,
          isSame || step.settings.joining == nil
        {
          read = ReceptiveField(
            rows: window.inputs(of: field.rows, extent: shape.height),
            columns: window.inputs(of: field.columns, extent: shape.width))
        }
        fields[input] = fields[input]?.union(read) ?? read
      }
    }
    return fields[0] ?? ReceptiveField(rows: 0...input.height - 1, columns: 0...input.width - 1)
  }
}
