import Glibc

/// A thread that runs one closure and must be joined.
///
/// These are POSIX threads rather than tasks: the work blocks for hours on files and on other threads, which tasks
/// must not do. If the system refuses another thread, Swift's pool waits forever or ends the program, while this
/// throws.
package struct JoinableThread: Sendable {
  private let handle: pthread_t

  /// Room for deep recursion and large temporaries of foreign libraries.
  private static let stackSize = 16 << 20

  /// Starts the thread.
  ///
  /// - Throws: `DiagnosticError` if the system refuses another thread.
  package init(running body: @escaping @Sendable () -> Void) throws(DiagnosticError) {
    let box = Unmanaged.passRetained(Body(run: body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, JoinableThread.stackSize)
    var handle = pthread_t()
    let status = pthread_create(
      &handle, &attributes,
      { argument in
        guard let argument else { preconditionFailure("the thread is given its closure") }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard status == 0 else {
      box.release()
      throw DiagnosticError(
        "cannot start a thread: \(String(cString: strerror(status)))",
        notes: [
          .init(
            "the limit on processes (ulimit -u, or of the batch job) or on memory (ulimit -v) is reached"
          )
        ])
    }
    self.handle = handle
  }

  /// Waits until the closure has returned. Must be called only once.
  package func join() { pthread_join(handle, nil) }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
