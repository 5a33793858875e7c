import Basics
import Kernels

/// Minimises a smooth function of many variables: limited-memory BFGS (Nocedal and Wright 2006, algorithm 7.5) with a line search
/// that satisfies the strong Wolfe conditions (algorithms 3.5 and 3.6).
struct Minimizer {
  /// Until no derivative is larger.
  var tolerance = 1e-6
  var mostIterations = 2000
  /// The pairs of steps and changes of the gradient that the next direction follows from.
  var memory = 10

  /// Where the search ended.
  struct Minimum {
    var point: [Double]
    var value: Double
    var iterations: Int
    /// Whether it met the tolerance, or no lower value can be distinguished from the last one.
    var isConverged: Bool
  }

  /// - Parameter function: the value at a point, and its gradient.
  /// - Throws: `Interrupted`
  func minimum(
    from start: [Double], unless stop: StopCheck,
    _ function: ([Double]) -> (value: Double, gradient: [Double])
  ) throws -> Minimum {
    var point = start
    var (value, gradient) = function(point)
    var pairs: [(step: [Double], change: [Double], product: Double)] = []
    for iteration in 0..<mostIterations {
      try stop.check()
      if largest(gradient) <= tolerance {
        return Minimum(point: point, value: value, iterations: iteration, isConverged: true)
      }
      var direction = self.direction(gradient, pairs)
      var slope = dot(direction, gradient)
      if !(slope < 0) {
        // Rounding has spoilt the memory.
        pairs = []
        direction = gradient.map { -$0 }
        slope = -dot(gradient, gradient)
      }
      let first = pairs.isEmpty ? min(1, 1 / norm(gradient)) : 1
      guard
        let next = search(
          point, value, slope, direction, from: first, function)
      else {
        if pairs.isEmpty {
          return Minimum(point: point, value: value, iterations: iteration, isConverged: true)
        }
        pairs = []
        continue
      }
      var step = direction
      for index in step.indices { step[index] *= next.length }
      var change = next.gradient
      for index in change.indices { change[index] -= gradient[index] }
      let product = dot(step, change)
      if product > 1e-14 * norm(step) * norm(change) {
        pairs.append((step, change, product))
        if pairs.count > memory { pairs.removeFirst() }
      }
      (point, value, gradient) = (next.point, next.value, next.gradient)
    }
    return Minimum(
      point: point, value: value, iterations: mostIterations,
      isConverged: largest(gradient) <= tolerance)
  }

  private func direction(
    _ gradient: [Double], _ pairs: [(step: [Double], change: [Double], product: Double)]
  ) -> [Double] {
    var result = gradient.map { -$0 }
    var shares: [Double] = []
    for pair in pairs.reversed() {
      let share = dot(pair.step, result) / pair.product
      add(-share, pair.change, to: &result)
      shares.append(share)
    }
    if let last = pairs.last {
      let scale = last.product / dot(last.change, last.change)
      for index in result.indices { result[index] *= scale }
    }
    for (pair, share) in zip(pairs, shares.reversed()) {
      let other = dot(pair.change, result) / pair.product
      add(share - other, pair.step, to: &result)
    }
    return result
  }

  private struct Place {
    var length: Double
    var point: [Double]
    var value: Double
    var gradient: [Double]
    var slope: Double
  }

  /// A place along a direction that is low and flat enough; `nil` if no lower one is found.
  private func search(
    _ point: [Double], _ value: Double, _ slope: Double, _ direction: [Double],
    from first: Double, _ function: ([Double]) -> (value: Double, gradient: [Double])
  ) -> Place? {
    let (decrease, flatness) = (1e-4, 0.9)
    func place(_ length: Double) -> Place {
      var there = point
      add(length, direction, to: &there)
      let (value, gradient) = function(there)
      return Place(
        length: length, point: there, value: value, gradient: gradient,
        slope: dot(gradient, direction))
    }
    func isLow(_ place: Place) -> Bool {
      place.value <= value + decrease * place.length * slope
    }
    var low = Place(length: 0, point: point, value: value, gradient: [], slope: slope)
    var high: Place?
    var length = first
    for _ in 0..<20 {
      let next = place(length)
      if !next.value.isFinite || !isLow(next) || low.length > 0 && next.value >= low.value {
        high = next
        break
      }
      if next.slope.magnitude <= -flatness * slope { return next }
      if next.slope >= 0 {
        high = low
        low = next
        break
      }
      low = next
      length *= 2
    }
    guard var high else { return low.length > 0 ? low : nil }
    for _ in 0..<40 {
      let width = high.length - low.length
      // The minimum of the parabola through both, kept away from the ends.
      var share = 0.5
      if high.value.isFinite {
        let curvature = high.value - low.value - low.slope * width
        let found = -low.slope * width / (2 * curvature)
        if found.isFinite { share = min(max(found, 0.1), 0.9) }
      }
      let next = place(low.length + share * width)
      if !next.value.isFinite || !isLow(next) || next.value >= low.value {
        high = next
      } else {
        if next.slope.magnitude <= -flatness * slope { return next }
        if next.slope * width >= 0 { high = low }
        low = next
      }
      if width.magnitude < 1e-16 * max(low.length, 1e-300) { break }
    }
    return low.length > 0 && low.value < value ? low : nil
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      // Four sums, which the processor computes side by side.
      var sums = SIMD4<Double>.zero
      var index = 0
      while index + 4 <= a.count {
        let own = SIMD4<Double>(a[index], a[index + 1], a[index + 2], a[index + 3])
        let others = SIMD4<Double>(b[index], b[index + 1], b[index + 2], b[index + 3])
        sums += own * others
        index += 4
      }
      var sum = sums.sum()
      while index < a.count {
        sum += a[index] * b[index]
        index += 1
      }
      return sum
    }
  }
}

private func add(_ factor: Double, _ other: [Double], to values: inout [Double]) {
  values.withUnsafeMutableBufferPointer { values in
    other.withUnsafeBufferPointer { other in
      for index in values.indices { values[index] += factor * other[index] }
    }
  }
}

private func norm(_ values: [Double]) -> Double { dot(values, values).squareRoot() }

private func largest(_ values: [Double]) -> Double {
  values.reduce(0) { max($0, $1.magnitude) }
}
