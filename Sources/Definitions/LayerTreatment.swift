import Basics

/// Where a layer's parameters come from at the start of a transfer.
package enum LayerOrigin: String, Hashable, Sendable, CaseIterable {
  case copied, initialized
}

/// Whether training changes a layer's parameters.
package enum LayerState: String, Hashable, Sendable, CaseIterable {
  case frozen, learning
}

/// The four verbs: every pairing of an origin and a state.
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

/// What a transfer does with one layer.
package struct LayerTreatment: Hashable, Sendable {
  package var layer: String
  package var verb: LayerVerb
  /// A factor on the rates of the layer's parameters; 1 for a frozen layer, where it has no meaning.
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
