import Basics

/// Threads that compute one result each; the owner receives the results in order of completion.
struct ThreadGroup<Result: Sendable>: ~Copyable {
  private let results = Monitor<[Finished]>([])
  private var threads: [Int: JoinableThread] = [:]
  private var started = 0

  private struct Finished: Sendable {
    var thread: Int
    var result: Result
  }

  deinit { for thread in threads.values { thread.join() } }

  /// Whether no result is pending.
  var isEmpty: Bool { threads.isEmpty }

  /// Starts a thread.
  ///
  /// - Throws: `DiagnosticError` if the system refuses another one.
  mutating func add(_ body: @escaping @Sendable () -> Result) throws(DiagnosticError) {
    let number = started
    threads[number] = try JoinableThread { [results] in
      let result = body()
      results.wait { $0.append(Finished(thread: number, result: result)) }
    }
    started += 1
  }

  /// Waits for the next result, at most for the given time.
  ///
  /// - Returns: `nil` if none was available in time.
  mutating func next(within seconds: Double = .infinity) -> Result? {
    let finished = results.wait(atMost: seconds, until: { !$0.isEmpty }) { $0.removeFirst() }
    guard let finished else { return nil }
    threads.removeValue(forKey: finished.thread)?.join()
    return finished.result
  }
}
