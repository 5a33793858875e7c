import Planning

/// What was done to a network, but for n, whichever tasks stand for A and B.
package struct Treatment: Hashable, Sendable {
  package var kind: TreatmentKind
  /// Whether layers come from another task than the target.
  package var crossesTasks: Bool
  /// Layers copied beyond the frozen ones, which learn.
  package var preserved: Int

  package init(kind: TreatmentKind, crossesTasks: Bool = false, preserved: Int = 0) {
    self.kind = kind
    self.crossesTasks = crossesTasks
    self.preserved = preserved
  }

  package init(_ design: ReportEntry) {
    kind = design.kind
    crossesTasks = design.crossesTasks
    preserved = design.preserved
  }

  package static let base = Treatment(kind: .base)
  package static let selffer = Treatment(kind: .frozen)
  package static let selfferFineTuned = Treatment(kind: .fineTuned)
  package static let transfer = Treatment(kind: .frozen, crossesTasks: true)
  package static let transferFineTuned = Treatment(kind: .fineTuned, crossesTasks: true)
  package static let random = Treatment(kind: .random)

  /// In the paper's notation, B being the task measured and A any other: `B`, `BnB`, `AnB+`, `RnB`, `Anp2B`.
  package var label: String {
    let source = crossesTasks ? "A" : "B"
    switch kind {
    case .base: return "B"
    case .frozen: return "\(source)nB"
    case .fineTuned: return "\(source)nB+"
    case .random: return "RnB"
    case .preserved: return "\(source)np\(preserved)B"
    case .other: return "\(source)nB (other)"
    }
  }

  /// The paper's order: base, selffer, selffer+, transfer, transfer+, preserved layers, random, the rest.
  package var rank: Int {
    switch kind {
    case .base: 0
    case .frozen: crossesTasks ? 3 : 1
    case .fineTuned: crossesTasks ? 4 : 2
    case .preserved: (crossesTasks ? 200 : 100) + min(preserved, 99)
    case .random: 300
    case .other: crossesTasks ? 401 : 400
    }
  }
}
