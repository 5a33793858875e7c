import Glibc

/// State that threads take turns with, and whose changes they can wait for.
///
/// `Synchronization.Mutex` has no way to wait, so this pairs a POSIX mutex with a condition variable.
final class Monitor<State: Sendable>: @unchecked Sendable {
  // Unchecked: `state` is touched with `mutex` held and nowhere else, and the two pointers never change.
  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>

  init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Waits until the state meets a condition, then reads or changes it and wakes all who wait.
  func wait<Result>(
    until isMet: (State) -> Bool = { _ in true }, then body: (inout State) -> Result
  ) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !isMet(state) { pthread_cond_wait(changed, mutex) }
    defer { pthread_cond_broadcast(changed) }
    return body(&state)
  }
}
