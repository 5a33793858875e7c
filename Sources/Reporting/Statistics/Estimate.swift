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
  /// How many of them are independent: targets, where several pairs are of one target.
  package var units: Int
  package var method: Method

  /// - Parameter units: `count` by default.
  package init(
    mean: Double, low: Double, high: Double, count: Int, units: Int? = nil, method: Method
  ) {
    self.mean = mean
    self.low = low
    self.high = high
    self.count = count
    self.units = units ?? count
    self.method = method
  }

  /// A mean without an interval.
  package init(mean: Double, count: Int, units: Int? = nil) {
    self.init(mean: mean, low: mean, high: mean, count: count, units: units, method: .none)
  }

  package var hasInterval: Bool { method != .none }
  /// Whether the interval says anything: that over two of a kind is their range.
  package var isTelling: Bool { method == .binomial || method == .bootstrap && units > 2 }
  /// Whether the whole of a telling interval lies above zero.
  package var isAboveZero: Bool { isTelling && low > 0 }
  /// Whether the whole of a telling interval lies below zero.
  package var isBelowZero: Bool { isTelling && high < 0 }
}
