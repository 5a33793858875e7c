import Basics
import Synchronization

/// Asks work to stop at its n-th check.
package final class Countdown: Sendable {
  private let left: Mutex<Int>

  package init(_ count: Int) { left = Mutex(count) }

  package var check: StopCheck {
    StopCheck { [self] in
      left.withLock {
        $0 -= 1
        return $0 <= 0
      }
    }
  }
}
