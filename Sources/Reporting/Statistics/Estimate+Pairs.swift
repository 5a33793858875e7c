/// A value of two networks, such as their distance.
package struct PairedValue<Unit: Hashable> {
  /// The independent draws behind it; those of one network may be several.
  package var units: Set<Unit>
  package var value: Double

  package init(units: Set<Unit>, value: Double) {
    self.units = units
    self.value = value
  }
}

extension Estimate {
  /// The mean of values of pairs with Student's interval over the units that they are drawn from; `nil` without a value.
  ///
  /// A unit behind all pairs is given, like a source that all networks were copied from. Pairs that share no other are
  /// independent. Elsewhere the standard error is the jackknife's: with the mean m over all pairs and the mean mᵤ over those
  /// without unit u, it is that of the k values km − (k − 1)mᵤ (Arvesen, *Jackknifing U-statistics*, 1969). For values
  /// that are sums of one number for each unit, this is Student's interval of these numbers. For values that are independent
  /// of each other in spite of common units, it is too wide; for others, such as distances, it is approximate
  /// (docs/statistics.md).
  package init?<Unit: Hashable>(ofPairs pairs: [PairedValue<Unit>]) {
    guard let first = pairs.first else { return nil }
    let given = pairs.count > 1 ? pairs.reduce(first.units) { $0.intersection($1.units) } : []
    let free = pairs.map { $0.units.subtracting(given) }
    let units = free.reduce(into: Set<Unit>()) { $0.formUnion($1) }
    if !free.contains(where: \.isEmpty), free.reduce(0, { $0 + $1.count }) == units.count {
      self.init(ofUnits: pairs.map { [Observation($0.value)] })
      return
    }
    let mean = pairs.reduce(0) { $0 + $1.value } / Double(pairs.count)
    var deviations: [Double] = []
    for unit in units {
      let rest = zip(pairs, free).filter { !$0.1.contains(unit) }.map(\.0.value)
      guard !rest.isEmpty else { break }
      deviations.append(rest.reduce(0, +) / Double(rest.count) - mean)
    }
    let count = Double(units.count)
    guard units.count > 1, deviations.count == units.count else {
      self.init(mean: mean, count: pairs.count, units: max(units.count, 1))
      return
    }
    // Added in an order that does not depend on that of a set.
    deviations.sort()
    let centre = deviations.reduce(0, +) / count
    let squares = deviations.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    let error = ((count - 1) / count * squares).squareRoot()
    let spread = error * StudentDistribution(degrees: count - 1).quantile(upperTail: 0.025)
    self.init(
      mean: mean, low: mean - spread, high: mean + spread, count: pairs.count, units: units.count,
      method: .student, standardError: error, degrees: count - 1)
  }
}
