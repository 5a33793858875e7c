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
  /// Operations of a network, those on paths included.
  static let operations = 10_000
  /// Values between two operations, for one image.
  static let activations = 1 << 28
  /// Weights of an operation.
  static let weights = 1 << 30
  /// Multiplications and additions of a network for one image, forward.
  static let flops = 1 << 56
}

/// A network that fits together, with what checks ask of it. A class, since thousands of stages share it.
final class CheckedNetwork: Sendable {
  let definition: NetworkDefinition
  /// The name it was defined under; `nil` for one written in place.
  let name: String?
  /// The layers' positions by name.
  let positions: [String: Int]
  /// Each layer's parameters; for one class, where units depend on the classes.
  let parameters: [[ParameterDefinition]]
  /// Where its input stands, and its last operation, which gives the scores.
  let places: (input: SourceSpan, scores: SourceSpan)
  /// The parameters whose shapes depend on how many classes there are.
  let classParameters: Set<String>

  init(
    definition: NetworkDefinition, name: String?, positions: [String: Int],
    parameters: [[ParameterDefinition]], places: (input: SourceSpan, scores: SourceSpan),
    classParameters: Set<String>
  ) {
    self.definition = definition
    self.name = name
    self.positions = positions
    self.parameters = parameters
    self.places = places
    self.classParameters = classParameters
  }

  /// Whether it has a unit for each class of the task, however many these are.
  var endsInClasses: Bool { !classParameters.isEmpty }

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
  var name: String
  var span: SourceSpan
  var operations: [LocatedOperation]

  var definition: LayerDefinition {
    LayerDefinition(name: name, operations: operations.map(\.definition))
  }

  /// The operation at a place, as `NetworkGraph.Step` has it.
  func operation(at place: [Int]) -> LocatedOperation {
    var found = operations[place[0]]
    for index in stride(from: 1, to: place.count, by: 2) {
      found = found.paths[place[index]].operations[place[index + 1]]
    }
    return found
  }

  /// All operations, those on paths included, in the order of the file.
  var allOperations: [LocatedOperation] { operations.flatMap(\.withPaths) }
}

/// An operation, and where it and the parts of its paths stand.
struct LocatedOperation {
  var definition: Operation
  var span: SourceSpan
  var paths: [LocatedPath] = []

  /// The operation behind those on its paths.
  var withPaths: [LocatedOperation] {
    paths.flatMap { $0.operations.flatMap(\.withPaths) } + [self]
  }
}

struct LocatedPath {
  var span: SourceSpan
  var operations: [LocatedOperation]
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
    var layers: [LocatedLayer?] = []
    for (key, field) in entries {
      guard let sweep = field.sweep(of: key) else {
        layers.append(nil)
        continue
      }
      guard let count = sweep.count, count <= NetworkLimits.layers - layers.count else {
        report("a network may have \(NetworkLimits.layers) layers, not more")
        return nil
      }
      let body = field.withoutSweep
      sweep.forEachPoint { point in layers.append(body.at(point).layer(key)) }
    }
    guard !layers.contains(where: { $0 == nil }) else {
      _ = NetworkEnd(context: context).check(layers)
      return nil
    }
    let located = layers.compactMap { $0 }
    let checks = [
      NetworkEnd(context: context).check(layers), LayerNames(context: context).check(located),
    ]
    return checks.contains(false) ? nil : located
  }

  /// Reads `[conv: {…}, relu]`, or `{with: {width: 64}, operations: […]}`; `for` has been read before.
  private func layer(_ template: ScalarNode) -> LocatedLayer? {
    guard let name = context.resolve(template)?.text else { return nil }
    var isNamed = context.check(name, .layer, "layer", at: template.span)
    if name == LayerSelector.restWord {
      context.diagnostics.report(
        "'rest' cannot be the name of a layer: in a transfer it means all other layers",
        at: template.span)
      isNamed = false
    }
    guard let list = layerOperations(), let elements = list.elements("a list of operations")
    else { return nil }
    let operations = elements.map { LocatedOperation.read($0) }
    guard !operations.contains(where: { $0 == nil }) else { return nil }
    let layer = LocatedLayer(
      name: name, span: template.span, operations: operations.compactMap { $0 })
    return LayerContents(context: context).check(layer) && isNamed ? layer : nil
  }

  /// A layer's list of operations, with what its `with` gives in scope.
  private func layerOperations() -> Field? {
    guard case .mapping = node else { return self }
    guard var reader = FieldReader(self, Subject("layer", name)) else { return nil }
    // Not there any more, but a possible key.
    _ = reader.field(Field.sweepKey)
    let point = reader.optional("with", default: Sweep.Point()) { $0.values() }
    let operations = reader.required("operations") { $0 }
    reader.finish()
    guard let point else { return nil }
    return operations?.at(point)
  }

  /// Reads `{width: 64, stride: 2}`: what `${width}` and `${stride}` stand for.
  private func values() -> Sweep.Point? {
    guard let entries = entries("a mapping from names to values") else { return nil }
    var point = Sweep.Point()
    for (key, field) in entries {
      let isNamed = Sweep.checkName(key, context, mayRebind: false)
      guard let binding = field.binding(), isNamed else { continue }
      point[key.text] = binding
    }
    return point.count == entries.count ? point : nil
  }
}
