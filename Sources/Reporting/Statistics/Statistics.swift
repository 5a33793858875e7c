/// Estimates from runs and from pairs of runs.
package struct Statistics: Sendable {
  private let bootstrap: Bootstrap

  package init(seed: UInt64) { bootstrap = Bootstrap(seed: seed) }

  /// The mean accuracy of the runs that trained; `nil` where none did. Several runs are resampled; a single
  /// one has a binomial interval.
  package func mean(of runs: [RunResult]) -> Estimate? {
    let trained = runs.filter { $0.top1 != nil }
    if trained.count == 1, let measure = trained[0].measure {
      return Estimate(accuracy: measure.top1, images: measure.images)
    }
    return bootstrap.mean(of: trained.compactMap(\.top1))
  }

  /// The mean of paired differences at one n; `nil` without a pair.
  package func difference(_ pairs: [ContrastPoint.Pair]) -> Estimate? {
    if pairs.count == 1, let minuend = pairs[0].minuend.measure,
      let subtrahend = pairs[0].subtrahend.measure
    {
      return Estimate(accuracy: minuend, minus: subtrahend)
    }
    return bootstrap.mean(of: pairs.map(\.difference))
  }

  /// The mean of paired differences at several n: those of one target share its base, so that targets are
  /// resampled and not pairs. `nil` without a pair, no interval for one target.
  package func differenceOverDepths(_ pairs: [ContrastPoint.Pair]) -> Estimate? {
    var clusters: [[Double]] = []
    var positions: [Target: Int] = [:]
    for pair in pairs {
      if let position = positions[pair.target] {
        clusters[position].append(pair.difference)
      } else {
        positions[pair.target] = clusters.count
        clusters.append([pair.difference])
      }
    }
    return bootstrap.mean(ofClusters: clusters)
  }

  /// The mean of numbers that stand for targets, such as differences of differences.
  package func mean(of numbers: [Double]) -> Estimate? { bootstrap.mean(of: numbers) }
}
