import Basics
import Definitions

/// What a network's numbers may be: generous, and small enough that no count overflows.
enum NetworkLimits {
  /// Height, width or channels of an image.
  static let extent = 1...65_536
  /// Filters of a convolution, units of a dense layer.
  static let outputs = 1...1_048_576
  /// Height and width of a window, and its steps.
  static let window = 1...1_024
  static let padding = 0...1_024
  static let layers = 1_000
  /// Values between two operations, for one image.
  static let activations = 1 << 28
  /// Weights of an operation.
  static let weights = 1 << 30
  /// Multiplications and additions of a network for one image, forward.
  static let flops = 1 << 56
}

/// A network that fits together, with what checks ask of it.
struct CheckedNetwork: Sendable {
  var definition: NetworkDefinition
  /// The name it was defined under; `nil` for one written in place.
  var name: String?
  /// The layers' positions by name.
  var positions: [String: Int]
  /// Each layer's parameters; for one class, where units depend on the classes.
  var parameters: [[ParameterDefinition]]
  /// Where its input stands, and its last operation, which gives the scores.
  var places: (input: SourceSpan, scores: SourceSpan)

  /// Whether the last layer has a unit for each class of its task.
  var endsInClasses: Bool {
    (definition.layers.last?.operations.last?.settings as? Dense)?.units == .classes
  }

  var layerNames: [String] { definition.layers.map(\.name) }

  /// Reads `{input: [3, 32, 32], layers: {…}}`.
  static func read(_ name: String?, _ field: Field) -> CheckedNetwork? {
    guard var reader = FieldReader(field, Subject("network", name)) else { return nil }
    let input = reader.required("input") { field in
      field.inputShape().map { Described($0, at: field.span) }
    }
    let layers = reader.required("layers") { $0.layers() }
    reader.finish()
    guard let input, let layers else { return nil }
    return NetworkFit(layers: layers, input: input, context: field.context).check(name: name)
  }
}

/// A layer and where its parts stand.
struct LocatedLayer {
  var definition: LayerDefinition
  var span: SourceSpan
  var operations: [SourceSpan]
}

extension Field {
  /// `[channels, height, width]`
  fileprivate func inputShape() -> Shape? {
    let expected = "[channels, height, width]"
    guard let extents = list(expected, { $0.integer(in: NetworkLimits.extent) }) else {
      return nil
    }
    guard extents.count == 3 else {
      report("'\(name)' must be \(expected), not \(extents.count) numbers")
      return nil
    }
    guard extents.reduce(1, *) <= NetworkLimits.activations else {
      report("an image of \(extents.map(String.init).joined(separator: "×")) is too large")
      return nil
    }
    return Shape(channels: extents[0], height: extents[1], width: extents[2])
  }

  /// `{conv1: [conv: {…}, relu], …}`
  fileprivate func layers() -> [LocatedLayer]? {
    guard let entries = entries("a mapping from layers' names to lists of operations") else {
      return nil
    }
    guard entries.count <= NetworkLimits.layers else {
      report("a network may have \(NetworkLimits.layers) layers, not \(entries.count)")
      return nil
    }
    let layers = entries.map { key, field in field.layer(key) }
    let isSound = NetworkEnd(context: context).check(layers)
    return isSound && !layers.contains { $0 == nil } ? layers.compactMap { $0 } : nil
  }

  private func layer(_ key: ScalarNode) -> LocatedLayer? {
    var isNamed = context.check(key.text, .definition, "layer", at: key.span)
    if key.text == LayerSelector.restWord {
      context.diagnostics.report(
        "'rest' cannot be the name of a layer: in a transfer it means all other layers",
        at: key.span)
      isNamed = false
    }
    guard let elements = elements("a list of operations") else { return nil }
    let operations = elements.map { Operation.read($0) }
    guard !operations.contains(where: { $0 == nil }) else { return nil }
    let layer = LocatedLayer(
      definition: LayerDefinition(name: key.text, operations: operations.compactMap { $0 }),
      span: key.span, operations: elements.map(\.span))
    return LayerContents(context: context).check(layer) && isNamed ? layer : nil
  }
}
