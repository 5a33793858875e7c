import Basics
import Definitions

/// A layer that computes one kind of operation.
package protocol OperationLayer: Layer {
  associatedtype Settings: OperationSettings

  /// What it reads, of the first path for one that joins paths.
  var input: Blob { get }

  /// - Throws: `DiagnosticError` for settings that it cannot serve.
  init(_ settings: Settings, _ setup: LayerSetup) throws
  /// How a parameter stands in memory, activations having their channels last.
  ///
  /// - Parameter input: what the operation's input is.
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

/// The layers that there are, and which operation each computes.
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
  /// - Throws: `DiagnosticError` for settings that no layer can serve.
  package static func makeLayer(_ setup: LayerSetup) throws -> any Layer {
    for layer in layers {
      if let made = try layer.make(setup) { return made }
    }
    throw DiagnosticError("no layer computes '\(setup.operation.keyword)'")
  }

  /// How a parameter of an operation stands in memory.
  package static func layout(
    of parameter: ParameterDefinition, in operation: Operation, input: Shape
  ) -> ParameterLayout {
    layers.first { $0.computes(operation) }?.layout(of: parameter, input: input) ?? .plain
  }
}
