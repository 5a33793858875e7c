import Basics

/// The origin of a layer's initial parameters in a transfer.
package enum LayerOrigin: String, Hashable, Sendable, CaseIterable {
  case copied, initialized
}

/// Whether training changes a layer's parameters.
package enum LayerState: String, Hashable, Sendable, CaseIterable {
  case frozen, learning
}

/// The four verbs: every combination of an origin and a state.
package enum LayerVerb: String, Hashable, Sendable, CaseIterable {
  case freeze
  case fineTune = "fine-tune"
  case initialize
  case random

  package var origin: LayerOrigin {
    switch self {
    case .freeze, .fineTune: .copied
    case .initialize, .random: .initialized
    }
  }

  package var state: LayerState {
    switch self {
    case .freeze, .random: .frozen
    case .fineTune, .initialize: .learning
    }
  }
}

/// The treatment of one layer in a transfer.
package struct LayerTreatment: Hashable, Sendable {
  package var layer: String
  package var verb: LayerVerb
  /// The factor on the learning rates of the layer's parameters; 1 for a frozen layer, where it has no effect.
  package var rate: Double

  package init(layer: String, verb: LayerVerb, rate: Double = 1) {
    self.layer = layer
    self.verb = verb
    self.rate = rate
  }
}

extension LayerTreatment: ValueConvertible {
  package var value: Value {
    [
      "layer": .string(layer), "origin": .string(verb.origin.rawValue),
      "state": .string(verb.state.rawValue), "rate": .number(rate),
    ]
  }
}
