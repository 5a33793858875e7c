/// The treatment of a network, without n, for any tasks A and B.
package struct Treatment: Hashable, Sendable {
  package var kind: TreatmentKind
  /// Whether layers come from a task other than the target.
  package var crossesTasks: Bool
  /// The number of layers copied beyond the frozen ones, which learn.
  package var preserved: Int
  /// The name of the phases that it is trained in; `nil` if it is trained at once.
  package var phases: String?

  package init(
    kind: TreatmentKind, crossesTasks: Bool = false, preserved: Int = 0, phases: String? = nil
  ) {
    self.kind = kind
    self.crossesTasks = crossesTasks
    self.preserved = preserved
    self.phases = phases
  }

  /// The same treatment, trained at once.
  package var atOnce: Treatment {
    var treatment = self
    treatment.phases = nil
    return treatment
  }

  package static let base = Treatment(kind: .base)
  package static let selffer = Treatment(kind: .frozen)
  package static let selfferFineTuned = Treatment(kind: .fineTuned)
  package static let transfer = Treatment(kind: .frozen, crossesTasks: true)
  package static let transferFineTuned = Treatment(kind: .fineTuned, crossesTasks: true)
  package static let random = Treatment(kind: .random)

  /// The paper's notation, where B is the task measured and A any other: `B`, `BnB`, `AnB+`, `RnB`, `Anp2B`; phases
  /// follow: `AnB+ (lp-ft)`.
  package var label: String { labelAtOnce + (phases.map { " (\($0))" } ?? "") }

  private var labelAtOnce: String {
    let source = crossesTasks ? "A" : "B"
    switch kind {
    case .base: return "B"
    case .frozen: return Treatment.text(source)
    case .fineTuned: return Treatment.text(source, isFineTuned: true)
    case .random: return Treatment.text(TreatmentNotation.randomLetter)
    case .preserved: return Treatment.text(source, preserved: preserved)
    case .other: return Treatment.text(source) + Treatment.otherMark
    }
  }

  /// Parses the output of `label`, and `base` and `random`. `nil` for any other text.
  package init?(label: String) {
    switch label {
    case "base", "Base", "B":
      self = .base
      return
    case "random", "Random":
      self = .random
      return
    default: break
    }
    if let (treatment, phases) = Treatment.splitPhases(label) {
      guard let plain = Treatment(label: treatment), plain.label == treatment, plain.kind != .base
      else { return nil }
      self = plain
      self.phases = phases
      return
    }
    let isOther = label.hasSuffix(Treatment.otherMark)
    let text = isOther ? String(label.dropLast(Treatment.otherMark.count)) : label
    guard let notation = TreatmentNotation(text), notation.depth == nil,
      notation.target.text == "B", notation.preserved != 0
    else { return nil }
    let kind: TreatmentKind
    switch (notation.source.text, isOther, notation.preserved, notation.isFineTuned) {
    case (TreatmentNotation.randomLetter, false, nil, false): kind = .random
    case ("A", true, nil, false), ("B", true, nil, false): kind = .other
    case ("A", false, nil, let isFineTuned), ("B", false, nil, let isFineTuned):
      kind = isFineTuned ? .fineTuned : .frozen
    case ("A", false, .some, false), ("B", false, .some, false): kind = .preserved
    default: return nil
    }
    self.init(
      kind: kind, crossesTasks: notation.source.text == "A", preserved: notation.preserved ?? 0)
    // The arrow form names tasks, which labels do not.
    guard self.label == label else { return nil }
  }

  private static let otherMark = " (\(otherWord))"
  /// Phases cannot have this name: labels use it.
  package static let otherWord = "other"

  /// `AnB+ (lp-ft)` without its parentheses; `nil` if there are none, or none with phases.
  private static func splitPhases(_ label: String) -> (treatment: String, phases: String)? {
    guard label.hasSuffix(")"), let start = label.ranges(of: " (").last else { return nil }
    let phases = label[start.upperBound...].dropLast()
    guard !phases.isEmpty, phases != otherWord else { return nil }
    return (String(label[..<start.lowerBound]), String(phases))
  }

  private static func text(
    _ source: String, preserved: Int = 0, isFineTuned: Bool = false
  ) -> String {
    TreatmentNotation.text(
      source: source, depth: "n", preserved: preserved, target: "B", isFineTuned: isFineTuned)
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

/// The treatment of the first n layers.
package enum TreatmentKind: String, Hashable, Sendable, CaseIterable {
  /// Trained from scratch.
  case base
  /// Copied and frozen: `AnB`, `BnB`.
  case frozen
  /// Copied and fine-tuned: `AnB+`, `BnB+`.
  case fineTuned = "fine-tuned"
  /// Initialised and frozen: `RnB`.
  case random
  /// Copied and frozen, m more copied and fine-tuned: `AnpmB`.
  case preserved
  /// Any other assignment of verbs to layers.
  case other
}
