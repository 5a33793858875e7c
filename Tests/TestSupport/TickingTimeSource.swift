import Basics

/// A clock that advances by one step whenever it is read.
package final class TickingTimeSource: TimeSource {
  private let ticks = Guarded(0)
  private let start: Double
  private let step: Double

  /// - Parameters:
  ///   - start: seconds since 1970 of the first answer.
  ///   - step: seconds between answers.
  package init(start: Double = 1_000_000_000, step: Double = 1) {
    self.start = start
    self.step = step
  }

  package var now: Double {
    ticks.withLock { ticks in
      defer { ticks += 1 }
      return start + Double(ticks) * step
    }
  }
}
