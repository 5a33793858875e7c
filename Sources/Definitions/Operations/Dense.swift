import Basics

/// Every output unit sees every input value.
package struct Dense: Hashable, Sendable {
  package enum Units: Hashable, Sendable {
    case count(Int)
    /// One unit for each class of the task the network is trained on.
    case classes
  }

  package var units: Units
  package var parameters: ParameterSettings

  package init(units: Units, parameters: ParameterSettings = ParameterSettings()) {
    self.units = units
    self.parameters = parameters
  }
}

extension Operation {
  package static func dense(_ settings: Dense) -> Operation { Operation(settings) }
}

extension Dense: OperationSettings {
  package static var keyword: String { "dense" }

  package var setting: Value? {
    let units: Value =
      switch self.units {
      case .count(let count): .integer(count)
      case .classes: "classes"
      }
    return ["units": units, "parameters": parameters.value]
  }

  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package var isWeighted: Bool { true }

  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    .success(Shape(units: resolvedUnits))
  }

  package func parameters(layer: String, input: Shape) -> [ParameterDefinition] {
    parameters.parameters(layer: layer, shape: [resolvedUnits, input.count])
  }

  package func flops(from input: Shape, to output: Shape) -> Int { 2 * output.count * input.count }

  package func resolved(classes: Int) -> Dense {
    var result = self
    if units == .classes { result.units = .count(classes) }
    return result
  }

  private var resolvedUnits: Int {
    guard case .count(let units) = units else {
      preconditionFailure("the number of classes is not resolved")
    }
    return units
  }
}
