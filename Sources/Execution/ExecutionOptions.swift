/// The options of a run. They do not affect results.
package struct ExecutionOptions: Hashable, Sendable {
  /// The maximum number of parallel stages.
  package enum Jobs: Hashable, Sendable {
    case atMost(Int)
    /// As many as there are threads, with one thread each if enough stages can start. A stage with two threads takes
    /// more than half the time it takes with one, so this has the highest throughput.
    case automatic
  }

  package var jobs: Jobs
  /// The number of threads shared by all running stages; each has at least one.
  package var threads: Int
  /// The memory in bytes that running stages may use together, by their estimates; `nil` for no limit. A stage that
  /// exceeds it runs alone.
  package var memory: Int?
  /// The memory of the machine in bytes; `nil` if unknown. A stage whose estimate exceeds it fails, instead of ending
  /// the program.
  package var machineMemory: Int?
  /// How often a failed stage is retried.
  package var retries: Int
  /// Whether stages that do not depend on a failed one are still started.
  package var keepGoing: Bool
  /// The overridden parameters that the plan was made with, `key=value`, for the log.
  package var settings: [String]

  package init(
    jobs: Jobs = .atMost(1), threads: Int, memory: Int? = nil,
    machineMemory: Int? = nil, retries: Int = 0,
    keepGoing: Bool = false, settings: [String] = []
  ) {
    if case .atMost(let jobs) = jobs { precondition(jobs > 0, "a run needs a job") }
    precondition(threads > 0, "a run needs a thread")
    self.jobs = jobs
    self.threads = threads
    self.memory = memory
    self.machineMemory = machineMemory
    self.retries = retries
    self.keepGoing = keepGoing
    self.settings = settings
  }
}

extension ExecutionOptions.Jobs: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int) { self = .atMost(value) }
}
