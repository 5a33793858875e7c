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
/// Several runs may work on one store: each stage is claimed before it is computed. One that another run
/// computes waits, while others are taken, until its artifact is there or the other run gives it up.
///
/// Before a stage starts, the contents of what it reads are compared with what was recorded, each once a
/// run. Where they differ, the damaged artifact is set aside and made anew before.
///
/// What a stage does is its runner's business: the executor knows fingerprints, files and order.
package struct Executor: Sendable {
  private let store: Store
  private let runners: [StageKind: any StageRunner]
  private let options: ExecutionOptions
  private let version: String
  private let time: any TimeSource
  private let stop: StopSignal
  private let timing: ClaimTiming
  private let observer: (any ExecutionObserver)?

  /// - Parameters:
  ///   - version: the program's version, for the records.
  ///   - stop: asks runs to stop.
  package init(
    store: Store, runners: [StageKind: any StageRunner], options: ExecutionOptions,
    version: String, time: any TimeSource = SystemTimeSource(), stop: StopSignal = StopSignal(),
    timing: ClaimTiming = ClaimTiming(), observer: (any ExecutionObserver)? = nil
  ) {
    self.store = store
    self.runners = runners
    self.options = options
    self.version = version
    self.time = time
    self.stop = stop
    self.timing = timing
    self.observer = observer
  }

  /// Runs what is missing of a plan.
  ///
  /// - Parameter read: the stages whose artifacts the caller reads afterwards: where a content is not what
  ///   was recorded, they run again. The inputs of stages that run are compared in any case.
  /// - Throws: `DiagnosticError` where the store cannot be read, or something has to run and the store
  ///   cannot be written; `Interrupted` where the run is stopped before it has begun. What goes wrong with a stage is in the summary.
  package func run(_ plan: Plan, thenReading read: Set<String> = []) async throws -> RunSummary {
    if let dataset = plan.assumed.first {
      throw DiagnosticError(
        "dataset '\(dataset)' is assumed: a plan made without the data cannot be run")
    }
    let started = time.now
    let check = InputCheck(store: store, unless: StopCheck { [stop] in stop.isRequested })
    let inventory = try await onThread {
      try Inventory(of: plan, in: store, read: read, check: check)
    }
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
      for (index, damage) in inventory.damages.sorted(by: { $0.key < $1.key }) {
        log.post(.stageDamaged(plan.stages[index].name, damage))
        try store.setAside(damage, of: plan.stages[index].fingerprint)
      }
    }
    let claims = ClaimKeeper(
      store: store, pipeline: plan.pipeline, time: time, timing: timing, log: log)
    let beating = Task { await claims.keepAlive() }
    await runStages(of: &queue, plan, inventory, claims, check, log)
    beating.cancel()
    await beating.value
    try await onThread { claims.releaseAll() }
    let summary = RunSummary(
      run: log.run,
      entries: zip(plan.stages, queue.outcomes).map {
        RunSummary.Entry(stage: $0.name, outcome: $1 ?? .notStarted)
      },
      seconds: time.now - started, wasStopped: stop.isRequested)
    log.post(.runFinished(summary))
    return summary
  }

  /// The run's one task group: each child is a stage on a thread of its own, but for the one that now and
  /// then looks at the stages that other runs compute.
  private func runStages(
    of queue: inout RunQueue, _ plan: Plan, _ inventory: Inventory, _ claims: ClaimKeeper,
    _ check: InputCheck, _ log: RunLog
  ) async {
    // A task group's closure cannot capture an inout parameter that outlives a suspension.
    var local = queue
    var inventory = inventory
    await withTaskGroup(of: Step.self) { group in
      var running = RunningStages(options)
      var waiting = WaitingStages()
      var hasFailed = false
      func tell(_ ended: [Int]) {
        for index in ended {
          guard let outcome = local.outcomes[index] else { continue }
          if case .failed = outcome { hasFailed = true }
          log.post(.stageFinished(plan.stages[index].name, outcome))
        }
      }
      while true {
        let mayStart = !stop.isRequested && (!hasFailed || options.keepGoing)
        while mayStart, running.hasRoom {
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
            stop: stop, log: log, claims: claims, check: check,
            retries: options.retries, machineMemory: options.machineMemory)
          group.addTask { .turn(index, await self.perform(job)) }
        }
        if mayStart, let stages = waiting.takeForLook() {
          group.addTask { .look(await self.look(at: stages, in: plan, claims)) }
        }
        guard let step = await group.next() else { break }
        switch step {
        case .turn(let index, .ended(let outcome)):
          running.end(index)
          waiting.remove(index)
          tell(local.finish(index, outcome))
        case .turn(let index, .held(let holder)):
          running.end(index)
          if waiting.insert(index, holder) {
            log.post(.stageWaiting(plan.stages[index].name, for: holder))
          }
        case .turn(let index, .inputsDamaged(let damages)):
          running.end(index)
          var damaged: [Int] = []
          for (role, damage) in damages.sorted(by: { $0.key < $1.key }) {
            guard let source = local.source(ofRole: role, of: index) else { continue }
            for stage in local.finished(like: [source]) {
              inventory.note(damage, of: stage)
              log.post(.stageDamaged(plan.stages[stage].name, damage))
              damaged.append(stage)
            }
          }
          tell(local.reopen(damaged))
          local.putBack(index)
        case .look(let free):
          waiting.endLook(free)
          for index in free { local.putBack(index) }
        }
      }
      tell(local.finishRest())
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

  private enum Step: Sendable {
    case turn(Int, StageJob.Result)
    /// These of the stages that others computed may be tried again.
    case look([Int])
  }

  private func perform(_ job: StageJob) async -> StageJob.Result {
    do {
      return try await DedicatedThread.run {
        let result = job.perform()
        if case .ended(let outcome) = result, outcome.artifact != nil {
          noteLatest(job.stage, job.pipeline, job.log)
        }
        return result
      }
    } catch {
      let error = error as? DiagnosticError ?? DiagnosticError("\(error)")
      return .ended(.failed(StageFailure(of: job.stage.fingerprint, error: error, log: nil)))
    }
  }

  /// Waits a while; answers with those of the stages that nobody computes any more.
  private func look(at stages: [Int], in plan: Plan, _ claims: ClaimKeeper) async -> [Int] {
    try? await Task.sleep(for: .seconds(timing.look))
    let free = try? await onThread {
      try stages.filter { try claims.isFree(plan.stages[$0]) }
    }
    // Where the store cannot be read, their turn will tell what is wrong.
    return free ?? stages
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
