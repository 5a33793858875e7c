import Basics
import Definitions

/// A layer that computes one kind of operation.
package protocol OperationLayer: Layer {
  associatedtype Settings: OperationSettings

  /// What it reads, of the first path for one that joins paths.
  var input: Blob { get }

  /// - Throws: `DiagnosticError` for unsupported settings.
  init(_ settings: Settings, _ setup: LayerSetup) throws
  /// The memory layout of a parameter, given that activations are channels-last.
  ///
  /// - Parameter input: the shape of the operation's input.
  static func layout(of parameter: ParameterDefinition, input: Shape) -> ParameterLayout
}

extension OperationLayer {
  package var inputs: [Blob] { [input] }

  package static func layout(of parameter: ParameterDefinition, input: Shape) -> ParameterLayout {
    .plain
  }

  fileprivate static func make(_ setup: LayerSetup) throws -> (any Layer)? {
    try (setup.operation.settings as? Settings).map { try Self($0, setup) }
  }

  fileprivate static func computes(_ operation: Operation) -> Bool {
    operation.settings is Settings
  }
}

/// All layers, with the operation that each computes.
package enum LayerRegistry {
  private static var layers: [any OperationLayer.Type] {
    [
      ConvolutionLayer.self,
      DenseLayer.self,
      BatchNormLayer.self,
      RectifierLayer.self,
      ElementwiseLayer<Rectifier6>.self,
      ElementwiseLayer<LeakyRectifier>.self,
      ElementwiseLayer<HyperbolicTangent>.self,
      ElementwiseLayer<Sigmoid>.self,
      SigmoidLinearLayer.self,
      MaxPoolLayer.self,
      AveragePoolLayer.self,
      AdaptiveAveragePoolLayer.self,
      ResponseNormLayer.self,
      DropoutLayer.self,
      FlattenLayer.self,
      SumLayer.self,
      ConcatLayer.self,
      ProductLayer.self,
    ]
  }

  /// The layer of an operation.
  ///
  /// - Throws: `DiagnosticError` for settings that no layer supports.
  package static func makeLayer(_ setup: LayerSetup) throws -> any Layer {
    for layer in layers {
      if let made = try layer.make(setup) { return made }
    }
    throw DiagnosticError("no layer computes '\(setup.operation.keyword)'")
  }

  /// The memory layout of a parameter.
  package static func layout(
    of parameter: ParameterDefinition, in operation: Operation, input: Shape
  ) -> ParameterLayout {
    layers.first { $0.computes(operation) }?.layout(of: parameter, input: input) ?? .plain
  }
}
