/// How a run goes about its plan; nothing here changes a result.
package struct ExecutionOptions: Hashable, Sendable {
  /// The most stages that run at the same time.
  package enum Jobs: Hashable, Sendable {
    case atMost(Int)
    /// As many as there are threads for, one each where so many can start: a stage of two threads takes longer
    /// than half of what it takes with one, so that this gets most done.
    case automatic
  }

  package var jobs: Jobs
  /// The threads that all running stages have together; each has at least one.
  package var threads: Int
  /// Bytes that all running stages may take together by their price; `nil` for any. A stage that takes more
  /// than that runs alone.
  package var memory: Int?
  /// Bytes that there are at all; `nil` where that is not known. A stage that takes more by its price fails,
  /// instead of ending the program.
  package var machineMemory: Int?
  /// How often a failed stage is retried.
  package var retries: Int
  /// Whether stages that do not depend on a failed one are still started.
  package var keepGoing: Bool

  package init(
    jobs: Jobs = .atMost(1), threads: Int, memory: Int? = nil,
    machineMemory: Int? = nil, retries: Int = 0,
    keepGoing: Bool = false
  ) {
    if case .atMost(let jobs) = jobs { precondition(jobs > 0, "a run needs a job") }
    precondition(threads > 0, "a run needs a thread")
    self.jobs = jobs
    self.threads = threads
    self.memory = memory
    self.machineMemory = machineMemory
    self.retries = retries
    self.keepGoing = keepGoing
  }
}

extension ExecutionOptions.Jobs: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int) { self = .atMost(value) }
}
