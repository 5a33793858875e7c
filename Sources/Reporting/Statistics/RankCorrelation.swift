import Glibc

/// Kendall's rank correlation τ-b of pairs of numbers, with a 95 % interval.
///
/// The interval is that of Fieller, Hartley and Pearson, *Tests for rank correlation coefficients* (Biometrika 1957): artanh τ has
/// the variance 0.437 / (N − 4). It takes the pairs for independent.
package struct RankCorrelation: Hashable, Sendable {
  package var tau: Double
  /// `nil` for fewer than five pairs.
  package var interval: ClosedRange<Double>?
  package var count: Int

  /// `nil` if one of the numbers is the same in all pairs.
  package init?(_ pairs: [(Double, Double)]) {
    count = pairs.count
    // Pairs of pairs in the same order, less those in the opposite one; and those that differ in each number.
    var (agreement, first, second) = (0, 0, 0)
    for index in pairs.indices {
      for other in pairs[..<index] {
        let (a, b) = (pairs[index].0 - other.0, pairs[index].1 - other.1)
        if a != 0 { first += 1 }
        if b != 0 { second += 1 }
        if a != 0, b != 0 { agreement += (a > 0) == (b > 0) ? 1 : -1 }
      }
    }
    guard first > 0, second > 0 else { return nil }
    tau = Double(agreement) / (Double(first).squareRoot() * Double(second).squareRoot())
    guard count > 4 else { return }
    // A perfect correlation would have no interval: it counts as half a pair short of it.
    let most = 1 - 1 / Double(count * (count - 1) / 2)
    let bounded = min(max(tau, -most), most)
    let spread = 1.959963984540054 * (0.437 / Double(count - 4)).squareRoot()
    let middle = atanh(bounded)
    interval = min(tanh(middle - spread), tau)...max(tanh(middle + spread), tau)
  }
}
