extension LayerTreatment {
  /// The treatment of a layer over two phases: its origin is that of the first, unless the second initialises it again,
  /// and it learns if it learns in either.
  package func followed(by next: LayerTreatment) -> LayerTreatment {
    let origin = next.verb.origin == .initialized ? .initialized : verb.origin
    let learns = verb.state == .learning || next.verb.state == .learning
    let verb: LayerVerb =
      switch (origin, learns) {
      case (.copied, true): .fineTune
      case (.copied, false): .freeze
      case (.initialized, true): .initialize
      case (.initialized, false): .random
      }
    return LayerTreatment(
      layer: layer, verb: verb,
      distribution: next.verb.origin == .initialized ? next.distribution : distribution)
  }
}

extension TreatmentKind {
  /// The meaning of verbs in the paper's notation: the kind, n, and the number of preserved layers beyond n.
  ///
  /// The paper's treatments give one verb to the first n layers and initialise the rest. With preserved layers, m
  /// copied layers that learn are between the frozen ones and the rest.
  package static func kind(
    of layers: [LayerTreatment]
  ) -> (kind: TreatmentKind, depth: Int, preserved: Int) {
    guard let first = layers.first?.verb, first != .initialize else {
      let uniform = layers.allSatisfy { $0.verb == .initialize && !$0.imitatesSource }
      return (uniform ? .base : .other, 0, 0)
    }
    let depth = layers.prefix { $0.verb == first }.count
    let beyond = layers.dropFirst(depth)
    let preserved = first == .freeze ? beyond.prefix { $0.verb == .fineTune }.count : 0
    let rest = beyond.dropFirst(preserved)
    // If nothing is initialised, layers are not preserved but unfrozen, as in a chain of transfers.
    guard rest.allSatisfy({ $0.verb == .initialize }), preserved == 0 || !rest.isEmpty else {
      return (.other, depth, 0)
    }
    switch first {
    case .freeze: return (preserved > 0 ? .preserved : .frozen, depth, preserved)
    case .fineTune: return (.fineTuned, depth, 0)
    case .random: return (.random, depth, 0)
    case .initialize: return (.other, depth, 0)
    }
  }
}
