import Synchronization

/// Tells the living from the dead where no system knows: by whether anything of theirs changes.
///
/// Clocks are not compared, nor is the age of a file asked: both may be wrong by hours, and a sign of life
/// may seem to come from the future. What counts is the time that this process itself has watched a sign
/// without seeing it change.
package final class LifeWatch: Sendable {
  /// How long a claim may go without a new sign of life, in seconds, before it is taken to be left behind.
  package static let usualPatience = 60.0

  package let patience: Double
  private let clock: @Sendable () -> Double
  private let sightings = Mutex<[String: Sighting]>([:])

  private struct Sighting {
    var sign: String
    /// For how many seconds the sign has been seen not to change.
    var still = 0.0
    var last: Double
  }

  /// - Parameter clock: seconds since any moment, by a clock that nobody sets.
  package init(
    patience: Double = usualPatience, clock: @escaping @Sendable () -> Double = monotonicSeconds
  ) {
    self.patience = patience
    self.clock = clock
  }

  /// Looks at somebody's sign of life.
  ///
  /// - Parameters:
  ///   - subject: whose sign it is.
  ///   - sign: changes with every sign of life.
  /// - Returns: whether it has been watched for longer than the patience and has not changed.
  package func isStill(_ subject: String, sign: String) -> Bool {
    let now = clock()
    return sightings.withLock { sightings in
      guard var sighting = sightings[subject], sighting.sign == sign else {
        sightings[subject] = Sighting(sign: sign, last: now)
        return false
      }
      // Who has slept has not watched: between two looks, no more counts than the living need for some signs.
      sighting.still += min(now - sighting.last, patience / 2)
      sighting.last = now
      sightings[subject] = sighting
      return sighting.still > patience
    }
  }
}

/// Seconds since some moment, by a clock that nobody sets and that runs while the machine sleeps.
package func monotonicSeconds() -> Double {
  let (seconds, attoseconds) = (ContinuousClock.now - start).components
  return Double(seconds) + Double(attoseconds) * 1e-18
}

private let start = ContinuousClock.now
