import Glibc

/// A thread that runs one closure and must be joined.
///
/// These are POSIX threads rather than tasks: the work blocks for hours on files and on other threads, which tasks
/// must not do. If the system refuses another thread, Swift's pool waits forever or ends the program, while this
/// throws.
///
/// A thread whose closure has returned stays for the next one. A thread that sleeps gets a processor at once, while a
/// new one waits for its turn: 10 ms on a machine with other work, several times for each stage.
package struct JoinableThread: Sendable {
  private let worker: Worker
  /// The number of the closure among those of the worker.
  private let number: Int

  /// The room on a thread's stack.
  package enum Stack: Int, Sendable {
    /// For a few calls to the system: many such threads take little address space.
    case small = 262_144
    /// For deep recursion and large temporaries of foreign libraries.
    case large = 16_777_216
  }

  /// Starts the thread.
  ///
  /// - Throws: `DiagnosticError` if the system refuses another thread.
  package init(
    stack: Stack = .large, running body: @escaping @Sendable () -> Void
  ) throws(DiagnosticError) {
    if let idle = Worker.takeIdle(stack) { worker = idle } else { worker = try Worker.start(stack) }
    number = worker.give(body)
  }

  /// Waits until the closure has returned. It, or `dismiss`, must be called once.
  package func join() { worker.wait(for: number) }

  /// The same, but a closure that has not begun is dropped: for help that is not needed any more, since a thread that
  /// waits for a processor would be waited for.
  package func dismiss() { worker.drop(number) }
}

/// A thread of the system, which runs one closure after another, and waits in between.
private final class Worker: Sendable {
  private struct State: Sendable {
    /// The closure to run next, and its number.
    var next: (number: Int, body: @Sendable () -> Void)?
    /// The number of closures so far, and of those that have returned or were dropped.
    var given = 0
    var finished = 0
  }

  private static let idle = Guarded<[JoinableThread.Stack: [Worker]]>([:])

  private let stack: JoinableThread.Stack
  private let state = Monitor(State())

  private init(_ stack: JoinableThread.Stack) { self.stack = stack }

  /// A thread that has nothing to do; the last one that had, since its memory is still in the caches.
  static func takeIdle(_ stack: JoinableThread.Stack) -> Worker? {
    idle.withLock { $0[stack]?.popLast() }
  }

  /// Leaves the thread to the next closure.
  private func rest() { Worker.idle.withLock { $0[stack, default: []].append(self) } }

  static func start(_ stack: JoinableThread.Stack) throws(DiagnosticError) -> Worker {
    let worker = Worker(stack)
    let box = Unmanaged.passRetained(worker)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stack.rawValue)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var handle = pthread_t()
    let status = pthread_create(
      &handle, &attributes,
      { argument in
        guard let argument else { preconditionFailure("the thread is given its worker") }
        Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().work()
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
    return worker
  }

  /// Hands over a closure, and returns its number.
  func give(_ body: @escaping @Sendable () -> Void) -> Int {
    state.wait { state in
      state.given += 1
      state.next = (state.given, body)
      return state.given
    }
  }

  func wait(for number: Int) { state.wait(until: { $0.finished >= number }, then: { _ in }) }

  /// Drops a closure that has not begun; waits for one that has.
  func drop(_ number: Int) {
    let isDropped = state.wait { state in
      guard state.next?.number == number else { return false }
      state.next = nil
      state.finished += 1
      return true
    }
    if isDropped { rest() } else { wait(for: number) }
  }

  private func work() -> Never {
    while true {
      runNext()
      // Whoever has waited for the closure may start another thread at once, and finds this one.
      rest()
      state.wait { $0.finished += 1 }
    }
  }

  /// Runs the next closure, and releases it.
  private func runNext() {
    let body = state.wait(until: { $0.next != nil }) { state in
      defer { state.next = nil }
      return state.next?.body
    }
    body?()
  }
}
