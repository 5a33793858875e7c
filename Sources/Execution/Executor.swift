import ArtifactStore
import Basics
import Planning

/// Runs plans.
///
/// A stage whose artifact is in the store is reused. The others start when all their inputs are there,
/// up to `options.jobs` at a time, those with the longest chain of stages after them first (in seconds, where the
/// plan has a price), as long as they fit into `options.memory`. When a
/// stage fails, everything that depends on it is skipped; the others go on with `options.keepGoing`,
/// and otherwise only those already running are finished. Whatever finishes is in the store, however
/// the run ends.
///
/// What a stage does is its runner's business: the executor knows fingerprints, files and order.
package struct Executor: Sendable {
  private let store: Store
  private let runners: [StageKind: any StageRunner]
  private let options: ExecutionOptions
  private let version: String
  private let time: any TimeSource
  private let stop: StopSignal
  private let observer: (any ExecutionObserver)?

  /// - Parameters:
  ///   - version: the program's version, for the records.
  ///   - stop: asks runs to stop.
  package init(
    store: Store, runners: [StageKind: any StageRunner], options: ExecutionOptions,
    version: String, time: any TimeSource = SystemTimeSource(), stop: StopSignal = StopSignal(),
    observer: (any ExecutionObserver)? = nil
  ) {
    self.store = store
    self.runners = runners
    self.options = options
    self.version = version
    self.time = time
    self.stop = stop
    self.observer = observer
  }

  /// Runs what is missing of a plan.
  ///
  /// - Throws: `DiagnosticError` where the store cannot be read, or something has to run and the store
  ///   cannot be written. What goes wrong with a stage is in the summary.
  package func run(_ plan: Plan) async throws -> RunSummary {
    if let dataset = plan.assumed.first {
      throw DiagnosticError(
        "dataset '\(dataset)' is assumed: a plan made without the data cannot be run")
    }
    let started = time.now
    let inventory = try await onThread { try Inventory(of: plan, in: store) }
    let toRun = plan.stages.count - inventory.artifacts.count
    if toRun > 0 {
      try await onThread { try store.openForWriting() }
    } else {
      // What killed runs left does no harm, and the store may belong to somebody else.
      try? await onThread { try store.removeRemains() }
    }
    let log = RunLog(store: store, time: time, observer: observer, isWriting: toRun > 0)
    log.post(
      .runStarted(
        run: log.run, pipeline: plan.pipeline, stages: plan.stages.count, toRun: toRun))
    var queue = RunQueue(plan, available: inventory.artifacts)
    for (index, stage) in plan.stages.enumerated() {
      if let outcome = queue.outcomes[index] { log.post(.stageFinished(stage.name, outcome)) }
    }
    try await onThread {
      for index in inventory.artifacts.keys.sorted() {
        noteLatest(plan.stages[index], plan.pipeline, log)
      }
    }
    await runStages(of: &queue, plan, inventory, log)
    let summary = RunSummary(
      run: log.run,
      entries: zip(plan.stages, queue.outcomes).map {
        RunSummary.Entry(stage: $0.name, outcome: $1 ?? .notStarted)
      },
      seconds: time.now - started, wasStopped: stop.isRequested)
    log.post(.runFinished(summary))
    return summary
  }

  /// The run's one task group: each child is a stage on a thread of its own.
  private func runStages(
    of queue: inout RunQueue, _ plan: Plan, _ inventory: Inventory, _ log: RunLog
  ) async {
    // A task group's closure cannot capture an inout parameter that outlives a suspension.
    var local = queue
    await withTaskGroup(of: Ended.self) { group in
      var running = RunningStages(options)
      var hasFailed = false
      func note(_ index: Int, _ outcome: StageOutcome) {
        if case .failed = outcome { hasFailed = true }
        for ended in local.finish(index, outcome) {
          guard let outcome = local.outcomes[ended] else { continue }
          log.post(.stageFinished(plan.stages[ended].name, outcome))
        }
      }
      while true {
        while !stop.isRequested, !hasFailed || options.keepGoing, running.hasRoom {
          let share = running.threads(ready: local.readyCount(within: running.freeMemory))
          guard let index = local.takeNext(within: running.freeMemory) else { break }
          let memory = plan.stages[index].cost?.memory ?? 0
          running.start(index, threads: share, memory: memory)
          warn(of: memory, plan.stages[index].name, log)
          let job = StageJob(
            stage: plan.stages[index], reason: inventory.reason(for: index, plan),
            twin: local.twin(of: index), inputs: local.inputs(of: index), threads: share,
            pipeline: plan.pipeline,
            store: store, runner: runners[plan.stages[index].kind], version: version, time: time,
            stop: stop, log: log, retries: options.retries)
          group.addTask { await self.perform(job, at: index) }
        }
        guard let ended = await group.next() else { break }
        running.end(ended.index)
        note(ended.index, ended.outcome)
      }
      for index in local.finishRest() {
        log.post(.stageFinished(plan.stages[index].name, .notStarted))
      }
    }
    queue = local
  }

  /// Tells of a stage that does not fit into the memory there is for stages.
  private func warn(of memory: Int, _ stage: String, _ log: RunLog) {
    guard let budget = options.memory, memory > budget else { return }
    let wanted = quantity(Double(memory), unit: "B")
    log.warn(
      DiagnosticError(
        "stage '\(stage)' is expected to take \(wanted) of memory, more than the "
          + "\(quantity(Double(budget), unit: "B")) there are for stages: it runs alone"))
  }

  private struct Ended: Sendable {
    var index: Int
    var outcome: StageOutcome
  }

  private func perform(_ job: StageJob, at index: Int) async -> Ended {
    do {
      let outcome = try await DedicatedThread.run {
        let outcome = job.perform()
        if outcome.artifact != nil { noteLatest(job.stage, job.pipeline, job.log) }
        return outcome
      }
      return Ended(index: index, outcome: outcome)
    } catch {
      let error = error as? DiagnosticError ?? DiagnosticError("\(error)")
      return Ended(index: index, outcome: .failed(StageFailure(error: error, log: nil)))
    }
  }

  /// The latest runs only tell what has changed since: a run does not fail for them.
  private func noteLatest(_ stage: PlannedStage, _ pipeline: String, _ log: RunLog) {
    do throws(DiagnosticError) {
      try store.setLatest(stage.fingerprint, of: stage.name, in: pipeline)
    } catch {
      log.warn(error)
    }
  }

  private func onThread<Answer: Sendable>(
    _ body: @escaping @Sendable () throws -> Answer
  ) async throws -> Answer {
    try await DedicatedThread.run { Result { try body() } }.get()
  }
}
