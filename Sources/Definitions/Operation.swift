import Basics

/// One step of a layer: a weighted operation, or what follows it.
///
/// Which operation it is, its settings know; all that others ask is answered by them.
package struct Operation: Sendable {
  package let settings: any OperationSettings

  package init(_ settings: any OperationSettings) { self.settings = settings }
}

/// The settings of one kind of operation, and all that is asked of it without looking into them.
///
/// Adding an operation: a file here with its settings, a file in `Engine/Layers` with its layer, a line where
/// the language reads operations, and a line in `LayerRegistry`.
package protocol OperationSettings: Hashable, Sendable {
  /// The key in a pipeline file.
  static var keyword: String { get }
  /// What follows the key, as part of every fingerprint; `nil` where the key stands alone.
  var setting: Value? { get }
  var traits: Traits { get }
  /// Whether it is what makes a layer a layer, as convolution and dense are.
  var isWeighted: Bool { get }
  /// The shape that the operation makes of `input`, or why it cannot, in words. Units of `dense: classes` must
  /// have been resolved.
  func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint>
  /// Its parameters in order, weights before biases.
  ///
  /// - Parameters:
  ///   - layer: the name of the layer that it belongs to.
  ///   - input: a shape that fits.
  func parameters(layer: String, input: Shape) -> [ParameterDefinition]
  /// Multiplications and additions of one image forward, two for each multiply-add; 0 for what has no
  /// weights to multiply with. Each of the two gradients takes as many.
  func flops(from input: Shape, to output: Shape) -> Int
  /// What its computation takes in addition to the layer's output.
  func memory(from input: Shape, to output: Shape) -> OperationMemory
  /// The settings with as many units as there are classes, where that was left open.
  func resolved(classes: Int) -> Self
}

extension OperationSettings {
  package var setting: Value? { nil }
  package var isWeighted: Bool { false }
  package func parameters(layer: String, input: Shape) -> [ParameterDefinition] { [] }
  package func flops(from input: Shape, to output: Shape) -> Int { 0 }
  package func memory(from input: Shape, to output: Shape) -> OperationMemory { OperationMemory() }
  package func resolved(classes: Int) -> Self { self }
}

/// An estimate of the memory that an operation takes while a batch goes through it.
package struct OperationMemory: Hashable, Sendable {
  /// Whether its input is kept for the way back, though it lies within a layer.
  package var keepsInput = false
  /// Floats for each image of the batch; operations use the same ones in turn.
  package var shared = 0
  /// Floats for a few places of one image; operations use the same ones in turn.
  package var lowered = 0
  /// Floats that the sums of its gradients take, once for each of up to 16 parts of a batch.
  package var gradientSums = 0

  package init() {}
}

extension Operation: Hashable {
  package static func == (one: Operation, other: Operation) -> Bool {
    AnyHashable(one.settings) == AnyHashable(other.settings)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(settings)) }
}

extension Operation: ValueConvertible {
  /// `relu`, or `{conv: …}`.
  package var value: Value {
    settings.setting.map { [keyword: $0] } ?? .string(keyword)
  }
}

extension Operation {
  package var keyword: String { type(of: settings).keyword }
  package var traits: Traits { settings.traits }
  package var isWeighted: Bool { settings.isWeighted }

  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    settings.outputShape(for: input)
  }

  package func parameters(layer: String, input: Shape) -> [ParameterDefinition] {
    settings.parameters(layer: layer, input: input)
  }

  package func flops(from input: Shape, to output: Shape) -> Int {
    settings.flops(from: input, to: output)
  }

  package func memory(from input: Shape, to output: Shape) -> OperationMemory {
    settings.memory(from: input, to: output)
  }

  package func resolved(classes: Int) -> Operation {
    Operation(settings.resolved(classes: classes))
  }
}
