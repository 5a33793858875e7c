import Basics
import Glibc

/// A thread that runs one closure and must be joined.
///
/// Plain POSIX threads instead of Swift's task pool: the work blocks on files and on the other side of
/// a double buffer, which tasks of a cooperative pool must not do.
struct JoinableThread: Sendable {
  private let handle: pthread_t

  /// Starts the thread.
  ///
  /// - Throws: `DiagnosticError` where the system grants no further thread.
  init(running body: @escaping @Sendable () -> Void) throws {
    let box = Unmanaged.passRetained(Body(run: body))
    var handle = pthread_t()
    let status = pthread_create(
      &handle, nil,
      { argument in
        guard let argument else { preconditionFailure("the thread is given its closure") }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw DiagnosticError("cannot start a thread: \(String(cString: strerror(status)))")
    }
    self.handle = handle
  }

  /// Waits until the closure has returned. Once only.
  func join() { pthread_join(handle, nil) }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
