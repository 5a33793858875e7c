import Definitions

/// The place of a transfer in a training run of several phases, each of which is a stage.
package struct TransferPhase: Hashable, Sendable {
  /// The name of the phases in reports: `lp-ft`; of an earlier one `lp-ft, phase 1 of 2`.
  package var name: String
  /// Whether it copies from another network, instead of continuing the phase before.
  package var isFirst: Bool
  /// What all phases together do with each layer, where the file states it; otherwise it follows from the phases.
  package var verbs: [LayerVerb]?

  package init(name: String, isFirst: Bool, verbs: [LayerVerb]? = nil) {
    self.name = name
    self.isFirst = isFirst
    self.verbs = verbs
  }

  /// The phases of a training run, in order.
  ///
  /// - Parameter name: `nil` for phases without a name of their own.
  static func all(_ count: Int, name: String?, verbs: [LayerVerb]? = nil) -> [TransferPhase] {
    (0..<count).map { index in
      let place = "phase \(index + 1) of \(count)"
      let isLast = index == count - 1
      let text =
        name.map { isLast ? $0 : "\($0), \(place)" }
        ?? (isLast ? "\(count) phase\(count == 1 ? "" : "s")" : place)
      return TransferPhase(name: text, isFirst: index == 0, verbs: verbs)
    }
  }

  /// What the stage of a phase is called: the last one has the name of the whole.
  static func stageName(_ whole: String, _ index: Int, of count: Int) -> String {
    index == count - 1 ? whole : "\(whole).phase-\(index + 1)"
  }
}
