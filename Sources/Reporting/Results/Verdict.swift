/// The conclusions from an experiment, in words that claim no more than its numbers support.
package struct Verdict: Sendable, Hashable {
  package enum Dominance: Hashable, Sendable {
    case coadaptation, specificity
    /// The runs do not determine which is larger.
    case undecided
  }

  /// Fine-tuned transfer compared with the base.
  package enum FineTuning: Hashable, Sendable {
    case exceeds, fallsShort, undecided
  }

  /// All tests; the sentences claim those that hold.
  package var claims: [Claim]
  /// Complete sentences.
  package var sentences: [String]

  /// The n at which a subject is claimed, ascending.
  package func depths(_ subject: Claim.Subject) -> [Int] {
    claims.filter { $0.subject == subject && $0.holds }.compactMap(\.depth).sorted()
  }

  /// Which part of the cost is claimed to be larger at an n; `nil` if no cost is claimed, or runs are missing.
  package func dominance(at depth: Int) -> Dominance? {
    guard
      depths(.cost).contains(depth),
      let claim = claims.first(where: { $0.subject == .dominance && $0.depth == depth })
    else { return nil }
    guard claim.holds else { return .undecided }
    return claim.estimate.mean > 0 ? .coadaptation : .specificity
  }

  /// `nil` without fine-tuned transfers, or if their runs allow no test.
  package var fineTuning: FineTuning? {
    guard let claim = claims.first(where: { $0.subject == .fineTuning }) else { return nil }
    guard claim.holds else { return .undecided }
    return claim.estimate.mean > 0 ? .exceeds : .fallsShort
  }

  /// Whether a difference at an n, or its mean over all n, is claimed.
  func claims(_ kind: ContrastKind, at depth: Int?) -> Bool {
    let subjects: [Claim.Subject] =
      switch (kind, depth) {
      case (.transferCost, .some): [.cost, .gain]
      case (.fineTuningGain, nil): [.fineTuning]
      case (.transferGain, nil): [.otherTask]
      default: []
      }
    return claims.contains { $0.holds && subjects.contains($0.subject) && $0.depth == depth }
  }
}
