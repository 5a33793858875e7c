import Basics

/// Determines whether processes of other machines are alive, by whether their signs change.
///
/// Clocks are not compared and ages of files are not used: both may be wrong by hours, and a heartbeat may seem to
/// come from the future. What counts is the time during which this process itself has seen a sign unchanged.
package final class LifeWatch: Sendable {
  /// The default time in seconds without a heartbeat after which a claim counts as abandoned.
  package static let usualPatience = 60.0

  package let patience: Double
  private let clock: @Sendable () -> Double
  private let sightings = Guarded<[String: Sighting]>([:])

  private struct Sighting {
    var sign: String
    /// The time in seconds during which the sign has been seen unchanged.
    var still = 0.0
    var last: Double
  }

  /// - Parameter clock: seconds since any moment, by a monotonic clock.
  package init(
    patience: Double = usualPatience, clock: @escaping @Sendable () -> Double = monotonicSeconds
  ) {
    self.patience = patience
    self.clock = clock
  }

  /// Observes a sign of life.
  ///
  /// - Parameters:
  ///   - subject: whose sign it is.
  ///   - sign: changes with every heartbeat.
  /// - Returns: whether it has been observed for longer than the patience without a change.
  package func isStill(_ subject: String, sign: String) -> Bool {
    let now = clock()
    return sightings.withLock { sightings in
      guard var sighting = sightings[subject], sighting.sign == sign else {
        sightings[subject] = Sighting(sign: sign, last: now)
        return false
      }
      // A watcher that was suspended did not watch: the time between two observations counts at most as long as a
      // living process needs for several heartbeats.
      sighting.still += min(now - sighting.last, patience / 2)
      sighting.last = now
      sightings[subject] = sighting
      return sighting.still > patience
    }
  }
}

/// Seconds since some moment, by a monotonic clock that also runs while the machine sleeps.
package func monotonicSeconds() -> Double {
  let (seconds, attoseconds) = (ContinuousClock.now - start).components
  return Double(seconds) + Double(attoseconds) * 1e-18
}

private let start = ContinuousClock.now
