/// A mean and how far it can be trusted.
package struct Estimate: Hashable, Sendable {
  package enum Method: String, Hashable, Sendable {
    /// Student's t over independent units.
    case student = "student-t"
    /// A single run: how much the choice of test images matters, and nothing else.
    case binomial
    /// No interval: a single run on an unknown number of images, or several of a single unit.
    case none
  }

  package var mean: Double
  /// The 95 % interval; equal to `mean` where `method` is `.none`.
  package var low: Double
  package var high: Double
  /// Runs, or pairs of runs.
  package var count: Int
  /// How many of them are independent of each other; see `IndependentUnits`.
  package var units: Int
  package var method: Method
  /// Of the mean, with `units` − 1 degrees of freedom; 0 for other methods than Student's.
  package var standardError: Double

  /// - Parameter units: `count` by default.
  package init(
    mean: Double, low: Double, high: Double, count: Int, units: Int? = nil, method: Method,
    standardError: Double = 0
  ) {
    self.mean = mean
    self.low = low
    self.high = high
    self.count = count
    self.units = units ?? count
    self.method = method
    self.standardError = standardError
  }

  /// A mean without an interval.
  package init(mean: Double, count: Int, units: Int? = nil) {
    self.init(mean: mean, low: mean, high: mean, count: count, units: units, method: .none)
  }

  package var hasInterval: Bool { method != .none }
  /// Whether the whole 95 % interval over independent units lies above zero; never for a single run.
  package var isAboveZero: Bool { method == .student && low > 0 }
  /// Whether the whole 95 % interval over independent units lies below zero; never for a single run.
  package var isBelowZero: Bool { method == .student && high < 0 }
  /// Whether a single run's difference is larger than another choice of test images explains.
  package var exceedsSampling: Bool { method == .binomial && (low > 0 || high < 0) }

  /// The same of the difference taken the other way round.
  package var negated: Estimate {
    var estimate = self
    (estimate.mean, estimate.low, estimate.high) = (-mean, -high, -low)
    return estimate
  }
}
