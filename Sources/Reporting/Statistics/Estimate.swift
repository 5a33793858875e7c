/// A mean with its uncertainty.
package struct Estimate: Hashable, Sendable {
  package enum Method: String, Hashable, Sendable {
    /// Student's t over independent units.
    case student = "student-t"
    /// A single run: covers the choice of test images only.
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
  /// The number of independent units; see `IndependentUnits`.
  package var units: Int
  package var method: Method
  /// The standard error of the mean; 0 for methods other than Student's.
  package var standardError: Double
  /// Degrees of freedom of the standard error: `units` − 1 if units are equally large, fewer otherwise.
  package var degrees: Double

  /// - Parameter units: `count` by default.
  package init(
    mean: Double, low: Double, high: Double, count: Int, units: Int? = nil, method: Method,
    standardError: Double = 0, degrees: Double = 0
  ) {
    self.mean = mean
    self.low = low
    self.high = high
    self.count = count
    self.units = units ?? count
    self.method = method
    self.standardError = standardError
    self.degrees = degrees
  }

  /// A mean without an interval.
  package init(mean: Double, count: Int, units: Int? = nil) {
    self.init(mean: mean, low: mean, high: mean, count: count, units: units, method: .none)
  }

  package var hasInterval: Bool { method != .none }
  /// Whether the entire 95 % interval over independent units is above zero; never for a single run.
  package var isAboveZero: Bool { method == .student && low > 0 }
  /// Whether the entire 95 % interval over independent units is below zero; never for a single run.
  package var isBelowZero: Bool { method == .student && high < 0 }
  /// Whether the difference of a single pair exceeds what another choice of test images explains.
  package var exceedsSampling: Bool { method == .binomial && (low > 0 || high < 0) }

  /// The difference in the opposite direction.
  package var negated: Estimate {
    var estimate = self
    (estimate.mean, estimate.low, estimate.high) = (-mean, -high, -low)
    return estimate
  }
}
