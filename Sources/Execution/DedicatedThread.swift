import Basics
import Glibc
import SystemPackage

/// Threads outside Swift's pool, which must not be blocked by work that takes hours.
enum DedicatedThread {
  /// Deep recursion and large temporaries of foreign libraries have room in it.
  static let stackSize = 16 << 20

  /// Runs `body` on a new thread and waits for its result without blocking the caller's.
  ///
  /// - Throws: `DiagnosticError` where the system gives no further thread.
  static func run<Result: Sendable>(
    _ body: @escaping @Sendable () -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let work = Work { continuation.resume(returning: body()) }
      let pointer = Unmanaged.passRetained(work)
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
      pthread_attr_setstacksize(&attributes, stackSize)
      defer { pthread_attr_destroy(&attributes) }
      var thread = pthread_t()
      let problem = pthread_create(
        &thread, &attributes,
        { pointer in
          guard let pointer else { preconditionFailure("the thread is given its work") }
          Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
          return nil
        }, pointer.toOpaque())
      guard problem == 0 else {
        pointer.release()
        continuation.resume(
          throwing: DiagnosticError("cannot start a thread: \(Errno(rawValue: problem))"))
        return
      }
    }
  }

  /// What a thread does, in a form that passes through a C pointer.
  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
