/// The stages that run at a moment, and what is left for others.
struct RunningStages {
  private let options: ExecutionOptions
  private var running: [Int: Share] = [:]

  /// What a running stage has.
  private struct Share {
    var threads: Int
    /// Bytes, by its price.
    var memory: Int
  }

  init(_ options: ExecutionOptions) { self.options = options }

  private var freeThreads: Int { options.threads - running.values.reduce(0) { $0 + $1.threads } }

  /// How many stages more may run.
  private var freeJobs: Int {
    switch options.jobs {
    case .atMost(let jobs): jobs - running.count
    case .automatic: freeThreads
    }
  }

  /// Whether another stage may start.
  var hasRoom: Bool { freeJobs > 0 }

  /// Bytes that another stage may take; `nil` for any.
  var freeMemory: Int? {
    // One that is too large for the budget has to run some time.
    guard let memory = options.memory, !running.isEmpty else { return nil }
    return memory - running.values.reduce(0) { $0 + $1.memory }
  }

  /// The threads of the next stage to start: the free ones, divided among those that can start now; at least
  /// one. Those that start first, being the most urgent, have the greater shares.
  ///
  /// - Parameter ready: how many can start now.
  func threads(ready: Int) -> Int {
    let starting = max(1, min(ready, freeJobs))
    return max(1, (freeThreads + starting - 1) / starting)
  }

  mutating func start(_ index: Int, threads: Int, memory: Int) {
    running[index] = Share(threads: threads, memory: memory)
  }

  mutating func end(_ index: Int) { running[index] = nil }
}
