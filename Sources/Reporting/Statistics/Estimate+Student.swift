/// The value of one run or one pair of runs.
package struct Observation: Hashable, Sendable {
  package var value: Double
  /// The variance hidden by counting whole images: equal counts are not equal accuracies.
  package var rounding: Double

  package init(_ value: Double, rounding: Double = 0) {
    self.value = value
    self.rounding = rounding
  }
}

extension Estimate {
  /// The mean of all observations with Student's interval over independent units; `nil` without observations, no
  /// interval for one unit.
  ///
  /// With means mᵤ of the k units, their shares wᵤ of all observations and the mean m over all, the squared standard
  /// error is Σ wᵤ² (mᵤ − m)² / (1 − wᵤ), with 1 / ((Σdᵤ)² − Σdᵤ² + Σwᵤ²) degrees of freedom, where dᵤ = wᵤ² / (1 −
  /// wᵤ): the cluster-robust variance that is unbiased for independent observations, and Satterthwaite's
  /// approximation (Bell and McCaffrey, *Bias reduction in standard errors for linear regression with multi-stage
  /// samples*, Survey Methodology 2002). For units of equal size these are s²/k and k − 1: the plain t interval.
  /// Heavy tails and units of unequal variance make it conservative (Benjamini, *Is the t test really conservative
  /// when the parent distribution is long-tailed?*, JASA 1983).
  package init?(ofUnits units: [[Observation]]) {
    let numbers = units.enumerated().flatMap { number, unit in unit.map { _ in number } }
    self.init(units.flatMap(\.self), units: IndependentUnits(numbers))
  }

  /// - Parameter units: those of the observations.
  init?(_ observations: [Observation], units: IndependentUnits) {
    let count = observations.count
    guard count > 0 else { return nil }
    let none = Array(repeating: 0.0, count: units.count)
    var (sizes, sums, roundings) = (none, none, none)
    for (number, observation) in zip(units.numbers, observations) {
      sizes[number] += 1
      sums[number] += observation.value
      roundings[number] += observation.rounding
    }
    let mean = sums.reduce(0, +) / Double(count)
    guard units.count > 1 else {
      self.init(mean: mean, count: count, units: 1)
      return
    }
    var squares = 0.0
    var rounding = 0.0
    var (sum, sumOfSquares, shares) = (0.0, 0.0, 0.0)
    for number in 0..<units.count {
      let size = sizes[number]
      let share = size / Double(count)
      let deviation = sums[number] / size - mean
      let weight = share * share / (1 - share)
      squares += weight * deviation * deviation
      rounding += roundings[number] / Double(count * count)
      sum += weight
      sumOfSquares += weight * weight
      shares += share * share
    }
    let degrees = max(1 / (sum * sum - sumOfSquares + shares), 1)
    let error = max(squares, rounding).squareRoot()
    let spread = error * StudentDistribution(degrees: degrees).quantile(upperTail: 0.025)
    self.init(
      mean: mean, low: mean - spread, high: mean + spread, count: count, units: units.count,
      method: .student, standardError: error, degrees: degrees)
  }

  /// The mean accuracy of the runs that trained; `nil` if none did. A single run has a binomial interval.
  package init?(of runs: [RunResult]) {
    let trained = runs.filter { $0.top1 != nil }
    if trained.count == 1, let measure = trained[0].measure {
      self.init(accuracy: measure.top1, images: measure.images)
      return
    }
    let observations = trained.compactMap { run in
      run.top1.map { Observation($0, rounding: run.rounding) }
    }
    guard let estimate = Estimate(observations, units: IndependentUnits(of: trained)) else {
      return nil
    }
    self = estimate.within(0...1)
  }

  /// The mean of paired differences, at one n or several; `nil` without a pair. A single pair has a binomial
  /// interval.
  package init?(of pairs: [ContrastPoint.Pair]) {
    if pairs.count == 1, pairs[0].minuends.count == 1, pairs[0].subtrahends.count == 1,
      let minuend = pairs[0].minuends[0].measure, let subtrahend = pairs[0].subtrahends[0].measure
    {
      self.init(accuracy: minuend, minus: subtrahend)
      return
    }
    let observations = pairs.map { Observation($0.difference, rounding: $0.rounding) }
    guard let estimate = Estimate(observations, units: IndependentUnits(of: pairs)) else {
      return nil
    }
    self = estimate.within(-1...1)
  }
}

extension Estimate {
  /// The same with the interval clipped to the range of the quantity: no accuracy is above 1. Coverage is unchanged.
  func within(_ range: ClosedRange<Double>) -> Estimate {
    var estimate = self
    estimate.low = min(max(low, range.lowerBound), mean)
    estimate.high = max(min(high, range.upperBound), mean)
    return estimate
  }
}

extension [RunResult] {
  /// The variance that rounding to whole images removes from the runs' mean.
  var rounding: Double {
    reduce(0) { $0 + $1.rounding } / Double(count * count)
  }
}

extension Measure {
  /// The variance that rounding to whole images removes; 0 if their number is unknown.
  var rounding: Double {
    guard let images, images > 0 else { return 0 }
    return 1 / (12 * Double(images) * Double(images))
  }
}

extension Estimate {
  /// The side of a test.
  package enum Side: Hashable, Sendable { case above, below, either }

  /// The p-value of the mean under a true mean of zero; `nil` without an interval over units.
  package func chance(_ side: Side) -> Double? {
    guard method == .student else { return nil }
    guard standardError > 0 else { return mean == 0 ? 1 : (mean > 0) == (side != .below) ? 0 : 1 }
    let t = mean / standardError
    let distribution = StudentDistribution(degrees: degrees)
    return switch side {
    case .above: distribution.upperTail(t)
    case .below: distribution.upperTail(-t)
    case .either: min(2 * distribution.upperTail(t.magnitude), 1)
    }
  }

  /// The smallest true difference that a one-sided test at a level detects with 80 % power in studies like this one,
  /// given its spread between units; `nil` without an interval over units.
  package func detectable(level: Double) -> Double? {
    guard method == .student, level > 0 else { return nil }
    return standardError
      * StudentDistribution(degrees: degrees).noncentrality(level: min(level, 0.5))
  }

  /// Half the width of the 95 % interval with another number of units of the same spread.
  package func halfWidth(units other: Int) -> Double {
    let error = standardError * (Double(units) / Double(max(other, 2))).squareRoot()
    return error * StudentDistribution(degrees: Double(other - 1)).quantile(upperTail: 0.025)
  }
}
