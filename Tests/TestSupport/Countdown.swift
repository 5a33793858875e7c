import Basics

/// Asks work to stop at its n-th check.
package final class Countdown: Sendable {
  private let left: Guarded<Int>

  package init(_ count: Int) { left = Guarded(count) }

  package var check: StopCheck {
    StopCheck { [self] in
      left.withLock {
        $0 -= 1
        return $0 <= 0
      }
    }
  }
}
