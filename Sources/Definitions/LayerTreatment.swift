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

/// What batch norms of a frozen layer normalise by while others are trained.
package enum NormStatistics: String, Hashable, Sendable, CaseIterable {
  /// The means and variances that came with the layer, which stay as they are: the layer computes what it did where it
  /// was trained.
  case running
  /// Those of each batch, as in training; the running ones stay as they are all the same, and are used for evaluation.
  case batch
}

/// What a transfer does with one layer.
package struct LayerTreatment: Hashable, Sendable {
  package var layer: String
  package var verb: LayerVerb
  /// The factor on the learning rates of the layer's parameters; 1 for a frozen layer, where it has no effect.
  package var rate: Double
  /// For a frozen layer; what learns normalises by the batch.
  package var statistics: NormStatistics

  package init(
    layer: String, verb: LayerVerb, rate: Double = 1, statistics: NormStatistics = .running
  ) {
    self.layer = layer
    self.verb = verb
    self.rate = rate
    self.statistics = statistics
  }

  /// Whether batch norms normalise by the batch while training.
  package var normalizesByBatch: Bool { verb.state == .learning || statistics == .batch }
}

extension LayerTreatment: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "layer": .string(layer), "origin": .string(verb.origin.rawValue),
      "state": .string(verb.state.rawValue), "rate": .number(rate),
    ]
    // What holds for nearly all is left out.
    if statistics != .running { entries["statistics"] = .string(statistics.rawValue) }
    return .map(entries)
  }
}
