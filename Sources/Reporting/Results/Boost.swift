/// How much better fine-tuned networks are, averaged over a range of n: the paper's Table 1.
package struct Boost: Sendable {
  /// The n that are averaged over.
  package var depths: ClosedRange<Int>
  package var kind: ContrastKind
  /// Each treatment averaged over all of its runs, whatever their targets: how Table 1 was made. Misleads
  /// where the two were measured on different targets. `nil` where either has no run.
  package var unpaired: Double?
  /// The mean over runs of the difference from the run of the same target; `nil` without a pair.
  package var paired: Estimate?
}
