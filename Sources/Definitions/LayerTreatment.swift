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

/// The distribution that the initial parameters of an initialised layer are drawn from.
package enum LayerDistribution: String, Hashable, Sendable, CaseIterable {
  /// That of the network's initializers.
  case own
  /// For each weight and bias, the normal distribution with the mean and the variance of the source's values: what is
  /// transferred is their scale, not what was learned (Raghu et al. 2019, Matsoukas et al. 2022).
  case source
}

/// What a transfer does with one layer.
package struct LayerTreatment: Hashable, Sendable {
  package var layer: String
  package var verb: LayerVerb
  /// The factor on the learning rates of the layer's parameters; 1 for a frozen layer, where it has no effect.
  package var rate: Double
  /// For a frozen layer; what learns normalises by the batch.
  package var statistics: NormStatistics
  /// For an initialised layer.
  package var distribution: LayerDistribution

  package init(
    layer: String, verb: LayerVerb, rate: Double = 1, statistics: NormStatistics = .running,
    distribution: LayerDistribution = .own
  ) {
    self.layer = layer
    self.verb = verb
    self.rate = rate
    self.statistics = statistics
    self.distribution = distribution
  }

  /// Whether it is drawn like the source's layer.
  package var imitatesSource: Bool { verb.origin == .initialized && distribution == .source }

  /// Whether its parameters depend on the source's.
  package var readsSource: Bool { verb.origin == .copied || imitatesSource }

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
    if imitatesSource { entries["distribution"] = .string(distribution.rawValue) }
    return .map(entries)
  }

  /// Reads the output of `value`; `nil` for anything else.
  package init?(_ value: Value) {
    guard let layer = value["layer"]?.asString,
      let origin = value["origin"]?.asString.flatMap(LayerOrigin.init),
      let state = value["state"]?.asString.flatMap(LayerState.init),
      let verb = LayerVerb.allCases.first(where: { $0.origin == origin && $0.state == state }),
      let rate = value["rate"]?.double
    else { return nil }
    self.init(layer: layer, verb: verb, rate: rate)
    if let word = value["statistics"] {
      guard let known = word.asString.flatMap(NormStatistics.init) else { return nil }
      statistics = known
    }
    if let word = value["distribution"] {
      guard let known = word.asString.flatMap(LayerDistribution.init) else { return nil }
      distribution = known
    }
  }
}
