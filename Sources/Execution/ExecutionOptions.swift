/// How a run goes about its plan; nothing here changes a result.
package struct ExecutionOptions: Hashable, Sendable {
  /// The most stages that run at the same time.
  package var jobs: Int
  /// The threads that all running stages have together; each has at least one.
  package var threads: Int
  /// Whether stages that do not depend on a failed one are still started.
  package var keepGoing: Bool

  package init(jobs: Int = 1, threads: Int, keepGoing: Bool = false) {
    precondition(jobs > 0 && threads > 0, "a run needs a job and a thread")
    self.jobs = jobs
    self.threads = threads
    self.keepGoing = keepGoing
  }
}
