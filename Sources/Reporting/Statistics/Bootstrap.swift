import Basics

/// Percentile bootstrap intervals of means: the 2.5th and the 97.5th percentile of the means of samples
/// drawn from the observations with replacement (Efron and Tibshirani, *An Introduction to the
/// Bootstrap*, 1993, chapter 13).
///
/// Too narrow for fewer than about five observations: for two it is their range.
package struct Bootstrap: Sendable {
  /// How many samples are drawn.
  package static let resamples = 2_000

  private let draws: BootstrapDraws

  /// - Parameter seed: samples depend on it and on the number of observations, and on nothing else.
  package init(seed: UInt64) {
    draws = BootstrapDraws(stream: RandomStream(seed: seed).stream(for: "bootstrap"))
  }

  /// The mean of independent observations; `nil` for none, no interval for one.
  package func mean(of observations: [Double]) -> Estimate? {
    guard let first = observations.first else { return nil }
    let count = observations.count
    guard count > 1 else { return Estimate(mean: first, count: 1) }
    var means: [Double] = []
    means.reserveCapacity(Bootstrap.resamples)
    draws.samples(Bootstrap.resamples, of: count) { sample in
      var sum = 0.0
      for index in sample { sum += observations[Int(index)] }
      means.append(sum / Double(count))
    }
    return estimate(
      observations.reduce(0, +) / Double(count), count: count, units: count, samples: means)
  }

  /// The mean over all observations where those of one cluster depend on each other: whole clusters are
  /// drawn. `nil` for no observation, no interval for one cluster.
  package func mean(ofClusters clusters: [[Double]]) -> Estimate? {
    let clusters = clusters.filter { !$0.isEmpty }
    guard !clusters.isEmpty else { return nil }
    let sums = clusters.map { $0.reduce(0, +) }
    let counts = clusters.map { Double($0.count) }
    let count = counts.reduce(0, +)
    let mean = sums.reduce(0, +) / count
    guard clusters.count > 1 else { return Estimate(mean: mean, count: Int(count), units: 1) }
    var means: [Double] = []
    means.reserveCapacity(Bootstrap.resamples)
    draws.samples(Bootstrap.resamples, of: clusters.count) { sample in
      var sum = 0.0
      var count = 0.0
      for index in sample {
        sum += sums[Int(index)]
        count += counts[Int(index)]
      }
      means.append(sum / count)
    }
    return estimate(mean, count: Int(count), units: clusters.count, samples: means)
  }

  private func estimate(
    _ mean: Double, count: Int, units: Int, samples: [Double]
  ) -> Estimate {
    let sorted = samples.sorted()
    // Rounding may put the mean of equal numbers beside each of them.
    return Estimate(
      mean: mean, low: min(percentile(0.025, of: sorted), mean),
      high: max(percentile(0.975, of: sorted), mean), count: count, units: units,
      method: .bootstrap)
  }
}

/// The value below which a fraction of ascending values lies, interpolated linearly between neighbours.
package func percentile(_ fraction: Double, of sorted: [Double]) -> Double {
  precondition(!sorted.isEmpty)
  let position = fraction * Double(sorted.count - 1)
  let below = Int(position)
  let above = min(below + 1, sorted.count - 1)
  return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
}
