/// The stages that are currently running, and the resources left for others.
struct RunningStages {
  private let options: ExecutionOptions
  private var running: [Int: Share] = [:]

  /// The resources of a running stage.
  private struct Share {
    var threads: Int
    /// Estimated memory in bytes.
    var memory: Int
  }

  init(_ options: ExecutionOptions) { self.options = options }

  private var freeThreads: Int { options.threads - running.values.reduce(0) { $0 + $1.threads } }

  /// The number of further stages that may run.
  private var freeJobs: Int {
    switch options.jobs {
    case .atMost(let jobs): jobs - running.count
    case .automatic: freeThreads
    }
  }

  /// Whether another stage may start.
  var hasRoom: Bool { freeJobs > 0 }

  /// The memory in bytes that another stage may use; `nil` for no limit.
  var freeMemory: Int? {
    // A stage that exceeds the budget has to run at some point.
    guard let memory = options.memory, !running.isEmpty else { return nil }
    return memory - running.values.reduce(0) { $0 + $1.memory }
  }

  /// The threads for the next stage to start: the free ones, divided among the stages that can start now; at least
  /// one. Stages that start first are the most urgent, and get the larger shares.
  ///
  /// - Parameter ready: the number of stages that can start now.
  func threads(ready: Int) -> Int {
    let starting = max(1, min(ready, freeJobs))
    return max(1, (freeThreads + starting - 1) / starting)
  }

  mutating func start(_ index: Int, threads: Int, memory: Int) {
    running[index] = Share(threads: threads, memory: memory)
  }

  mutating func end(_ index: Int) { running[index] = nil }
}
