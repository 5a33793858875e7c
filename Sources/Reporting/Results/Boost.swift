/// The gain of fine-tuned networks, averaged over a range of n: the paper's Table 1.
package struct Boost: Sendable {
  /// The range of n.
  package var depths: ClosedRange<Int>
  package var kind: ContrastKind
  /// The difference of the treatments' means over all of their runs, whatever their targets, as in Table 1.
  /// Misleading if the two were measured on different targets. `nil` if either has no run.
  package var unpaired: Double?
  /// The mean of the differences between runs on the same target; `nil` without a pair.
  package var paired: Estimate?
}
