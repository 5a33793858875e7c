/// What an experiment says, in words that go no further than its numbers.
package struct Verdict: Sendable, Hashable {
  package enum Dominance: Hashable, Sendable {
    case coadaptation, specificity
    /// The runs do not decide between the two.
    case undecided
  }

  /// Fine-tuned transfer against the base.
  package enum FineTuning: Hashable, Sendable {
    case exceeds, fallsShort, undecided
  }

  /// All that was tested; those that hold are what the sentences claim.
  package var claims: [Claim]
  /// Whole sentences.
  package var sentences: [String]

  /// The n at which a subject is claimed, ascending.
  package func depths(_ subject: Claim.Subject) -> [Int] {
    claims.filter { $0.subject == subject && $0.holds }.compactMap(\.depth).sorted()
  }

  /// Which part of the cost is claimed to be the larger at an n; `nil` where no cost is claimed, or runs lack.
  package func dominance(at depth: Int) -> Dominance? {
    guard
      depths(.cost).contains(depth),
      let claim = claims.first(where: { $0.subject == .dominance && $0.depth == depth })
    else { return nil }
    guard claim.holds else { return .undecided }
    return claim.estimate.mean > 0 ? .coadaptation : .specificity
  }

  /// `nil` without fine-tuned transfers, or where their runs allow no test.
  package var fineTuning: FineTuning? {
    guard let claim = claims.first(where: { $0.subject == .fineTuning }) else { return nil }
    guard claim.holds else { return .undecided }
    return claim.estimate.mean > 0 ? .exceeds : .fallsShort
  }

  /// Whether a contrast's difference at an n, or its mean over all, is among the claims.
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
