/// The stages that are currently running, and the resources left for others.
struct RunningStages {
  private let options: ExecutionOptions
  private var computing: [Int: Share] = [:]
  /// Stages that are done with computing, and wait for the disk.
  private var publishing: [Int: Share] = [:]

  /// The resources of a running stage.
  private struct Share {
    var threads: Int
    /// Estimated memory in bytes.
    var memory: Int
  }

  /// The number of stages that may wait for the disk at once. File systems write their journals for all who wait, so
  /// the others hardly wait longer.
  private static let mostPublishing = 16

  init(_ options: ExecutionOptions) { self.options = options }

  private var freeThreads: Int { options.threads - computing.values.reduce(0) { $0 + $1.threads } }

  /// The number of further stages that may run.
  private var freeJobs: Int {
    switch options.jobs {
    case .atMost(let jobs): jobs - computing.count
    case .automatic: freeThreads
    }
  }

  /// The stages that wait for the disk.
  var published: [Int] { Array(publishing.keys) }

  /// Whether another stage may start.
  var hasRoom: Bool { freeJobs > 0 && publishing.count < RunningStages.mostPublishing }

  /// The memory in bytes that another stage may use; `nil` for no limit.
  var freeMemory: Int? {
    // A stage that exceeds the budget has to run at some point.
    guard let memory = options.memory, !computing.isEmpty else { return nil }
    return memory - computing.values.reduce(0) { $0 + $1.memory }
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
    computing[index] = Share(threads: threads, memory: memory)
  }

  /// Moves a stage that goes from computing to publishing, or back to try again.
  mutating func enter(_ activity: StageActivity, _ index: Int) {
    switch activity {
    case .computing: computing[index] = publishing.removeValue(forKey: index) ?? computing[index]
    case .publishing: publishing[index] = computing.removeValue(forKey: index) ?? publishing[index]
    }
  }

  mutating func end(_ index: Int) {
    computing[index] = nil
    publishing[index] = nil
  }
}

/// What a running stage takes.
enum StageActivity: Hashable, Sendable {
  /// Threads and memory.
  case computing
  /// Only the disk.
  case publishing
}
