/// What one run or one pair of runs gave.
package struct Observation: Hashable, Sendable {
  package var value: Double
  /// The variance that counting whole images hides: equal counts are not equal accuracies.
  package var rounding: Double

  package init(_ value: Double, rounding: Double = 0) {
    self.value = value
    self.rounding = rounding
  }
}

extension Estimate {
  /// The mean of all observations with Student's interval over independent units; `nil` for no observation, no
  /// interval for one unit.
  ///
  /// With means mᵤ of the k units, their variance s² (k − 1 degrees of freedom) and the share wᵤ of all
  /// observations that unit u has, the standard error is s √Σwᵤ²: s/√k where units are equally large. Where they
  /// are not, its square is unbiased if unit means vary alike, and too large if those of larger units vary less
  /// (for variances as 1/size, by the inequality of harmonic and quadratic means). Units of unequal variance make the
  /// interval too wide rather than too narrow (Benjamini, *Is the t test really conservative when the parent
  /// distribution is long-tailed?*, JASA 1983).
  package init?(ofUnits units: [[Observation]]) {
    let units = units.filter { !$0.isEmpty }
    let count = units.reduce(0) { $0 + $1.count }
    guard count > 0 else { return nil }
    let mean = units.reduce(0) { $0 + $1.reduce(0) { $0 + $1.value } } / Double(count)
    guard units.count > 1 else {
      self.init(mean: mean, count: count, units: 1)
      return
    }
    let k = Double(units.count)
    let means = units.map { $0.reduce(0) { $0 + $1.value } / Double($0.count) }
    let centre = means.reduce(0, +) / k
    let variance = means.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / (k - 1)
    let rounding =
      units.reduce(0) { $0 + $1.reduce(0) { $0 + $1.rounding } / Double($1.count * $1.count) } / k
    let shares = units.reduce(0) { $0 + Double($1.count * $1.count) } / Double(count * count)
    let error = (max(variance, rounding) * shares).squareRoot()
    let spread = error * StudentDistribution(degrees: units.count - 1).quantile(upperTail: 0.025)
    self.init(
      mean: mean, low: mean - spread, high: mean + spread, count: count, units: units.count,
      method: .student, standardError: error)
  }

  /// The mean accuracy of the runs that trained; `nil` where none did. A single run has a binomial interval.
  package init?(of runs: [RunResult]) {
    let trained = runs.filter { $0.top1 != nil }
    if trained.count == 1, let measure = trained[0].measure {
      self.init(accuracy: measure.top1, images: measure.images)
      return
    }
    let units = IndependentUnits.of(trained)
    self.init(
      ofUnits: units.map { unit in
        unit.compactMap { index in
          trained[index].measure.map { Observation($0.top1, rounding: $0.rounding) }
        }
      })
  }

  /// The mean of differences of pairs, at one n or at several; `nil` without a pair. A single pair has a binomial
  /// interval.
  package init?(of pairs: [ContrastPoint.Pair]) {
    if pairs.count == 1, let minuend = pairs[0].minuend.measure,
      let subtrahend = pairs[0].subtrahend.measure
    {
      self.init(accuracy: minuend, minus: subtrahend)
      return
    }
    let units = IndependentUnits.of(pairs)
    self.init(
      ofUnits: units.map { unit in
        unit.map { index in
          let pair = pairs[index]
          return Observation(
            pair.difference,
            rounding: (pair.minuend.measure?.rounding ?? 0)
              + (pair.subtrahend.measure?.rounding ?? 0))
        }
      })
  }
}

extension Measure {
  /// The variance of what rounding to whole images takes away; 0 where their number is not known.
  var rounding: Double {
    guard let images, images > 0 else { return 0 }
    return 1 / (12 * Double(images) * Double(images))
  }
}

extension Estimate {
  /// How far a claim could be by chance.
  package enum Side: Hashable, Sendable { case above, below, either }

  /// P of a mean so far from zero where the true one is zero; `nil` without an interval over units.
  package func chance(_ side: Side) -> Double? {
    guard method == .student else { return nil }
    guard standardError > 0 else { return mean == 0 ? 1 : (mean > 0) == (side != .below) ? 0 : 1 }
    let t = mean / standardError
    let distribution = StudentDistribution(degrees: units - 1)
    return switch side {
    case .above: distribution.upperTail(t)
    case .below: distribution.upperTail(-t)
    case .either: min(2 * distribution.upperTail(t.magnitude), 1)
    }
  }

  /// The smallest true difference that a one-sided test at a level finds in four of five studies like this one,
  /// as its spread between units tells; `nil` without an interval over units.
  package func detectable(level: Double) -> Double? {
    guard method == .student, level > 0 else { return nil }
    return standardError
      * StudentDistribution(degrees: units - 1).noncentrality(level: min(level, 0.5))
  }

  /// Half the width of the 95 % interval that so many units of the same spread would give.
  package func halfWidth(units other: Int) -> Double {
    let error = standardError * (Double(units) / Double(max(other, 2))).squareRoot()
    return error * StudentDistribution(degrees: other - 1).quantile(upperTail: 0.025)
  }
}
