/// A mean and how far it can be trusted.
package struct Estimate: Hashable, Sendable {
  package enum Method: String, Hashable, Sendable {
    /// Runs (or pairs of runs) drawn again and again, with replacement.
    case bootstrap
    /// A single run: the luck of which images were measured, and of nothing else.
    case binomial
    /// A single run of unknown images: nothing can be said.
    case none
  }

  package var mean: Double
  /// The 95 % interval; equal to `mean` where `method` is `.none`.
  package var low: Double
  package var high: Double
  /// Runs, or pairs of runs.
  package var count: Int
  package var method: Method

  package init(mean: Double, low: Double, high: Double, count: Int, method: Method) {
    self.mean = mean
    self.low = low
    self.high = high
    self.count = count
    self.method = method
  }

  /// A mean without an interval.
  package init(mean: Double, count: Int) {
    self.init(mean: mean, low: mean, high: mean, count: count, method: .none)
  }

  package var hasInterval: Bool { method != .none }
  /// Whether the whole interval lies above zero.
  package var isAboveZero: Bool { hasInterval && low > 0 }
  /// Whether the whole interval lies below zero.
  package var isBelowZero: Bool { hasInterval && high < 0 }
}
