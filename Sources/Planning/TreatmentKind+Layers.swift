import Definitions

extension TreatmentKind {
  /// Where an assignment of verbs stands in the paper's notation: its kind, and n.
  ///
  /// The paper's treatments give one verb to the first n layers and initialise the rest.
  static func kind(of layers: [LayerTreatment]) -> (kind: TreatmentKind, depth: Int) {
    guard let first = layers.first?.verb, first != .initialize else {
      let uniform = layers.allSatisfy { $0.verb == .initialize }
      return (uniform ? .base : .other, 0)
    }
    let depth = layers.prefix { $0.verb == first }.count
    guard layers.dropFirst(depth).allSatisfy({ $0.verb == .initialize }) else {
      return (.other, depth)
    }
    switch first {
    case .freeze: return (.frozen, depth)
    case .fineTune: return (.fineTuned, depth)
    case .random: return (.random, depth)
    case .initialize: return (.other, depth)
    }
  }
}
