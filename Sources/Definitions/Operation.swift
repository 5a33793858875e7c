import Basics

/// One step of a layer: a weighted operation, what follows it, or paths of operations side by side.
///
/// Which operation it is, its settings know; all that others ask is answered by them.
package struct Operation: Sendable {
  package let settings: any OperationSettings
  /// What its parameters are called; `nil` for what `ParameterNames` calls them.
  package var name: OperationName?

  package init(_ settings: any OperationSettings, name: OperationName? = nil) {
    self.settings = settings
    self.name = name
  }
}

/// The settings of one kind of operation, and all that is asked of it without looking into them.
///
/// Adding an operation: a file here with its settings, a file in `Engine/Layers` with its layer, a line where
/// the language reads operations, and a line in `LayerRegistry`. What joins paths conforms to `JoiningSettings`.
package protocol OperationSettings: Hashable, Sendable {
  /// The key in a pipeline file.
  static var keyword: String { get }
  /// The value of the key, as part of every fingerprint; `nil` if the key has no value.
  var setting: Value? { get }
  var traits: Traits { get }
  /// The revision of how it is computed, raised like those of `NumericsRevision` where the bits of networks without the
  /// operation stay.
  var revision: Int { get }
  /// The revision for an input, where not all have the same; for an unsuitable input, that of all.
  func revision(for input: Shape) -> Int
  /// Whether it is a weighted operation, of which each layer has at least one.
  var isWeighted: Bool { get }
  /// The operation as one that joins paths; `nil` for an operation on its own. Plans ask it of every operation again and
  /// again: casts took a tenth of their time.
  var joining: (any JoiningSettings)? { get }
  /// The shape of the output for `input`, or why there is none, in words. Units of `dense: classes` must have been
  /// resolved.
  func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint>
  /// The places of a map that a place of the output depends on; `nil` for all of them. What makes vectors depends on all.
  var window: PlaceWindow? { get }
  /// What its parameters are called in a layer with several of its kind, before a number: `conv`; `nil` where it has
  /// no parameters.
  var parameterWord: String? { get }
  /// Its parameters in order, weights before biases.
  ///
  /// - Parameters:
  ///   - name: what their names begin with, up to a dot.
  ///   - layer: the name of the layer that it belongs to.
  ///   - input: a shape that fits.
  func parameters(named name: String, layer: String, input: Shape) -> [ParameterDefinition]
  /// Operations of the forward pass for one image, two per multiply-add; 0 without weights. Each of the two gradients
  /// takes as many.
  func flops(from input: Shape, to output: Shape) -> Int
  /// The memory that its computation takes in addition to the layer's output.
  func memory(from input: Shape, to output: Shape) -> OperationMemory
  /// Whether it has a unit for each class, however many there are.
  var hasUnitsForClasses: Bool { get }
  /// The settings with one unit per class, if the number of units was left open.
  func resolved(classes: Int) -> Self
}

extension OperationSettings {
  package var setting: Value? { nil }
  package var revision: Int { NumericsRevision.engine }
  package func revision(for input: Shape) -> Int { revision }
  /// The revision for a shape, which becomes that of the output; `nil`, and that of all inputs, once a shape is no map or does
  /// not fit.
  func revision(following shape: inout Shape?) -> Int {
    guard let input = shape, input.isSpatial else { return revision }
    shape = hasUnitsForClasses ? nil : try? outputShape(for: input).get()
    return revision(for: input)
  }
  package var isWeighted: Bool { false }
  package var window: PlaceWindow? { PlaceWindow(kernel: 1, stride: 1, padding: 0) }
  package var parameterWord: String? { nil }
  package var joining: (any JoiningSettings)? { nil }
  package func parameters(named name: String, layer: String, input: Shape) -> [ParameterDefinition]
  {
    []
  }
  package func flops(from input: Shape, to output: Shape) -> Int { 0 }
  package func memory(from input: Shape, to output: Shape) -> OperationMemory { OperationMemory() }
  package var hasUnitsForClasses: Bool { false }
  package func resolved(classes: Int) -> Self { self }
}

/// The estimated memory of an operation during the processing of a batch.
package struct OperationMemory: Hashable, Sendable {
  /// Whether its input is kept for the backward pass although it is inside a layer.
  package var keepsInput = false
  /// Floats that it works with, forward or backward; operations use the same ones in turn.
  package var working = 0
  /// Floats of its weights in another form and of their gradient in it, likewise.
  package var transformed = 0
  /// Floats that the sums of its gradients take, once for each of up to 16 parts of a batch, likewise.
  package var gradientSums = 0

  package init() {}
}

extension Operation: Hashable {
  package static func == (one: Operation, other: Operation) -> Bool {
    one.name == other.name && one.settings.equals(other.settings)
  }

  package func hash(into hasher: inout Hasher) { settings.hash(into: &hasher) }
}

extension OperationSettings {
  /// Whether other settings are of the same kind and equal. Boxes for any hashable value took a fifth of the time of plans.
  fileprivate func equals(_ other: any OperationSettings) -> Bool {
    guard type(of: other) == Self.self, let other = other as? Self else { return false }
    return self == other
  }
}

extension Operation: ValueConvertible {
  /// `relu`, `{conv: …}`, or `{conv: …, name: conv1}`.
  package var value: Value {
    let setting = settings.setting
    guard setting != nil || name != nil else { return .string(keyword) }
    var entries = [keyword: setting ?? .null]
    entries["name"] = name.map { .string($0.text) }
    return .map(entries)
  }
}

extension Operation {
  package var keyword: String { type(of: settings).keyword }
  package var traits: Traits { settings.traits }
  package var isWeighted: Bool { settings.isWeighted }
  package var hasUnitsForClasses: Bool { settings.hasUnitsForClasses }

  /// The shape that it makes of another, see `OperationSettings`.
  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    settings.outputShape(for: input)
  }

  /// The paths that it joins; none for an operation on its own.
  package var paths: [[Operation]] { settings.joining?.paths ?? [] }

  package func resolved(classes: Int) -> Operation {
    Operation(settings.resolved(classes: classes), name: name)
  }
}
