import Basics

/// Percentile bootstrap intervals of means: the 2.5th and the 97.5th percentile of the means of samples
/// drawn from the observations with replacement (Efron and Tibshirani, *An Introduction to the
/// Bootstrap*, 1993, chapter 13).
///
/// Too narrow for fewer than about five observations: for two it is their range.
package struct Bootstrap: Sendable {
  /// How many samples are drawn.
  package static let resamples = 2_000

  private let stream: RandomStream

  /// - Parameter seed: samples depend on it and on the number of observations, and on nothing else.
  package init(seed: UInt64) {
    stream = RandomStream(seed: seed).stream(for: "bootstrap")
  }

  /// The mean of independent observations; `nil` for none, no interval for one.
  package func mean(of observations: [Double]) -> Estimate? {
    guard let first = observations.first else { return nil }
    guard observations.count > 1 else { return Estimate(mean: first, count: 1) }
    let count = observations.count
    var means: [Double] = []
    means.reserveCapacity(Bootstrap.resamples)
    var draws = Draws(stream: stream, bound: UInt32(count))
    for _ in 0..<Bootstrap.resamples {
      var sum = 0.0
      for _ in 0..<count { sum += observations[draws.next()] }
      means.append(sum / Double(count))
    }
    return estimate(
      observations.reduce(0, +) / Double(count), count: count, units: count, samples: means)
  }

  /// The mean over all observations where those of one cluster depend on each other: whole clusters are
  /// drawn. `nil` for no observation, no interval for one cluster.
  package func mean(ofClusters clusters: [[Double]]) -> Estimate? {
    let sums = clusters.filter { !$0.isEmpty }.map { ($0.reduce(0, +), Double($0.count)) }
    guard !sums.isEmpty else { return nil }
    let total = sums.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
    let mean = total.0 / total.1
    guard sums.count > 1 else { return Estimate(mean: mean, count: Int(total.1), units: 1) }
    var draws = Draws(stream: stream, bound: UInt32(sums.count))
    let means = (0..<Bootstrap.resamples).map { _ in
      var drawn = (0.0, 0.0)
      for _ in sums.indices {
        let cluster = sums[draws.next()]
        drawn = (drawn.0 + cluster.0, drawn.1 + cluster.1)
      }
      return drawn.0 / drawn.1
    }
    return estimate(mean, count: Int(total.1), units: sums.count, samples: means)
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

/// Whole numbers below a bound, one after another: four to a block of random bits.
private struct Draws {
  let stream: RandomStream
  let bound: UInt32
  private var position: UInt64 = 0
  private var block = SIMD4<UInt32>()
  private var used = 4

  init(stream: RandomStream, bound: UInt32) {
    self.stream = stream
    self.bound = bound
  }

  mutating func next() -> Int {
    if used == 4 {
      block = stream.bits(at: position)
      position += 1
      used = 0
    }
    let draw = block[used].multipliedFullWidth(by: bound).high
    used += 1
    return Int(draw)
  }
}
