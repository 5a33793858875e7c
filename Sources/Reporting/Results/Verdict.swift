/// What an experiment says, in words that go no further than its numbers.
package struct Verdict: Sendable, Hashable {
  package enum Dominance: Hashable, Sendable {
    case coadaptation, specificity
    /// The two cannot be told apart.
    case undecided
  }

  package enum Recovery: Hashable, Sendable {
    /// Fine-tuned, transfer is no worse than the base.
    case recovers
    /// Fine-tuned, transfer is better than the base.
    case exceeds
    case fallsShort
    case undecided
  }

  /// The first n at which the cost of transfer lies above zero with its whole interval; `nil` where there is
  /// none.
  package var firstCostlyDepth: Int?
  /// What most of the cost there is; `nil` without such an n, or without the runs to tell.
  package var dominance: Dominance?
  /// Whether fine-tuning makes up for it; `nil` without fine-tuned transfers.
  package var recovery: Recovery?
  /// Whole sentences.
  package var sentences: [String]
}
