import Glibc

/// A thread that runs one closure and must be joined.
///
/// Plain POSIX threads instead of Swift's task pool: work blocks for hours on files and on other threads,
/// which tasks must not do; and where the system grants no further thread, the pool waits for ever or ends
/// the program, while this throws.
package struct JoinableThread: Sendable {
  private let handle: pthread_t

  /// Room for deep recursion and large temporaries of foreign libraries.
  private static let stackSize = 16 << 20

  /// Starts the thread.
  ///
  /// - Throws: `DiagnosticError` where the system grants no further thread.
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

  /// Waits until the closure has returned. Once only.
  package func join() { pthread_join(handle, nil) }

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
