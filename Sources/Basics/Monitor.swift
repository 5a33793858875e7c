import Glibc

/// State shared by threads, whose changes they can wait for.
///
/// `Guarded` has no way to wait, so this combines a POSIX mutex with a condition variable.
package final class Monitor<State: Sendable>: @unchecked Sendable {
  // Unchecked: `state` is only accessed with `mutex` held, and the two pointers never change.
  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  package init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // A monotonic clock, so that setting the time does not affect waiting.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Waits until the state satisfies a condition, then reads or changes it and wakes all waiting threads.
  package func wait<Result>(
    until isMet: (State) -> Bool = { _ in true }, then body: (inout State) -> Result
  ) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isMet(state) { pthread_cond_wait(changed, mutex) }
    defer { pthread_cond_broadcast(changed) }
    return body(&state)
  }

  /// The same with a time limit in seconds.
  ///
  /// - Returns: `nil`, with nothing read or changed, if the condition was not satisfied in time.
  package func wait<Result>(
    atMost seconds: Double, until isMet: (State) -> Bool, then body: (inout State) -> Result
  ) -> Result? {
    let deadline = timespec(monotonicIn: seconds)
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isMet(state) {
      var deadline = deadline
      if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT {
        guard isMet(state) else { return nil }
      }
    }
    defer { pthread_cond_broadcast(changed) }
    return body(&state)
  }
}

extension timespec {
  /// The time a number of seconds from now, by the monotonic clock.
  fileprivate init(monotonicIn seconds: Double) {
    self.init()
    clock_gettime(CLOCK_MONOTONIC, &self)
    // A hundred years stand for no limit.
    let nanoseconds = tv_nsec + Int(min(max(seconds, 0), 3e9) * 1e9)
    tv_sec += nanoseconds / 1_000_000_000
    tv_nsec = nanoseconds % 1_000_000_000
  }
}
