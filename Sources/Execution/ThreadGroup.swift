import Basics

/// Threads that report to their owner, who receives the reports in order.
struct ThreadGroup<Report: Sendable>: ~Copyable {
  private let reports = Monitor<[Posted]>([])
  private var threads: [Int: JoinableThread] = [:]
  private var started = 0

  private struct Posted: Sendable {
    var thread: Int
    var report: Report
    /// Whether the thread ends with this report.
    var isLast: Bool
  }

  deinit { for thread in threads.values { thread.join() } }

  /// Whether no thread is running.
  var isEmpty: Bool { threads.isEmpty }

  /// Starts a thread.
  ///
  /// - Parameter body: is given a function that reports before the end; what it returns is the last report.
  /// - Throws: `DiagnosticError` if the system refuses another one.
  mutating func add(
    _ body: @escaping @Sendable (_ report: @escaping @Sendable (Report) -> Void) -> Report
  ) throws(DiagnosticError) {
    let number = started
    threads[number] = try JoinableThread { [reports] in
      let last = body { report in
        reports.wait { $0.append(Posted(thread: number, report: report, isLast: false)) }
      }
      reports.wait { $0.append(Posted(thread: number, report: last, isLast: true)) }
    }
    started += 1
  }

  /// Waits for the next report, at most for the given time.
  ///
  /// - Returns: `nil` if there was none in time.
  mutating func next(within seconds: Double = .infinity) -> Report? {
    let posted = reports.wait(atMost: seconds, until: { !$0.isEmpty }) { $0.removeFirst() }
    guard let posted else { return nil }
    if posted.isLast { threads.removeValue(forKey: posted.thread)?.join() }
    return posted.report
  }
}
