import Basics

/// Every output unit depends on every input value.
package struct Dense: Hashable, Sendable {
  package typealias Units = OutputUnits

  package var units: Units
  package var parameters: ParameterSettings

  package init(units: Units, parameters: ParameterSettings = ParameterSettings()) {
    self.units = units
    self.parameters = parameters
  }
}

extension Operation {
  package static func dense(_ settings: Dense, name: OperationName? = nil) -> Operation {
    Operation(settings, name: name)
  }
}

extension Dense: OperationSettings {
  package static var keyword: String { "dense" }

  package var setting: Value? {
    ["units": units.value, "parameters": parameters.value]
  }

  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package var isWeighted: Bool { true }
  package var hasUnitsForClasses: Bool { units == .classes }

  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    .success(Shape(units: units.resolved))
  }

  package var parameterWord: String? { "dense" }

  package func parameters(named name: String, layer: String, input: Shape) -> [ParameterDefinition]
  {
    parameters.parameters(named: name, layer: layer, shape: [units.resolved, input.count])
  }

  package func flops(from input: Shape, to output: Shape) -> Int { 2 * output.count * input.count }

  package func resolved(classes: Int) -> Dense {
    var result = self
    result.units = units.resolved(classes: classes)
    return result
  }
}
