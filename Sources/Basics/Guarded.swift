import Glibc

/// A value shared by threads, one of which at a time uses it.
///
/// A POSIX mutex, unlike `Synchronization.Mutex`, is known to the thread sanitizer, which otherwise reports everything that
/// a lock guards for which a thread has had to wait.
package final class Guarded<Value>: @unchecked Sendable {
  // Unchecked: `value` is only accessed with `mutex` held, and the pointer never changes.
  private var value: Value
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init(_ value: sending Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Reads or changes the value.
  package func withLock<Result, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
