import ArtifactStore
import Basics
import Planning

/// Runs plans.
///
/// A stage whose artifact is in the store is reused. The others start once all their inputs are available, up to
/// `options.jobs` at a time, in order of the longest remaining chain (in seconds, if the plan has estimates), as long
/// as they fit into `options.memory`. If a stage fails, everything that depends on it is skipped. With
/// `options.keepGoing` the other stages continue; otherwise only those already running are finished. Everything that
/// finishes is in the store, however the run ends.
///
/// Several runs may share a store: each stage is claimed before it is computed. A stage that another run computes
/// waits, while other stages run, until its artifact is available or the other run gives it up.
///
/// Before a stage starts, the contents of its inputs are compared with their recorded digests, once per run. A
/// damaged artifact is set aside and recomputed first.
///
/// The work of a stage is defined by its runner. The executor only knows fingerprints, files and order.
package struct Executor: Sendable {
  private let store: Store
  /// Creates the performer of a run's stages.
  private let performer: @Sendable (StageDesk) -> any StagePerformer
  private let options: ExecutionOptions
  private let version: String
  private let time: any TimeSource
  private let stop: StopSignal
  private let timing: ClaimTiming
  private let observer: (any ExecutionObserver)?
  private let keepsLog: Bool

  /// An executor that performs stages on threads of this process.
  ///
  /// - Parameters:
  ///   - version: the version of the program, for the records.
  ///   - stop: requests that runs stop.
  package init(
    store: Store, runners: StageRunners, options: ExecutionOptions,
    version: String, time: any TimeSource = SystemTimeSource(), stop: StopSignal = StopSignal(),
    timing: ClaimTiming = ClaimTiming(), observer: (any ExecutionObserver)? = nil
  ) {
    self.init(
      store: store, options: options, version: version, time: time, stop: stop, timing: timing,
      observer: observer
    ) { LocalPerformer(runners, at: $0) }
  }

  /// - Parameters:
  ///   - version: the version of the program, for the records.
  ///   - stop: requests that runs stop.
  ///   - keepsLog: whether the store keeps a log of runs; not if those that perform the stages keep logs of their own.
  ///   - performer: creates the performer of a run's stages.
  package init(
    store: Store, options: ExecutionOptions,
    version: String, time: any TimeSource = SystemTimeSource(), stop: StopSignal = StopSignal(),
    timing: ClaimTiming = ClaimTiming(), observer: (any ExecutionObserver)? = nil,
    keepsLog: Bool = true,
    performer: @escaping @Sendable (StageDesk) -> any StagePerformer
  ) {
    self.store = store
    self.performer = performer
    self.options = options
    self.version = version
    self.time = time
    self.stop = stop
    self.timing = timing
    self.observer = observer
    self.keepsLog = keepsLog
  }

  /// Runs the stages of a plan that are not cached.
  ///
  /// Where the plan leaves open whether stages run, those that decide it run first.
  ///
  /// - Parameters:
  ///   - own: the stages that may run; all if `nil`. Others are left to other runs: what depends on them runs only if
  ///     they have an artifact.
  ///   - read: the stages whose artifacts the caller reads afterwards. If their content does not match the record, they
  ///     run again. Inputs of stages that run are always verified.
  ///   - decide: makes the plan again once the deciding stages have run. Needed if the plan leaves something open.
  /// - Throws: `DiagnosticError` if the store cannot be read, or something has to run and the store cannot be
  ///   written; `Interrupted` if the run is stopped before it starts. Failures of stages are in the summary.
  package func run(
    _ plan: Plan, only own: Set<String>? = nil, thenReading read: Set<String> = [],
    deciding decide: () throws -> Plan = {
      throw DiagnosticError("the plan leaves open whether stages run")
    }
  ) throws -> RunSummary {
    if let dataset = plan.assumed.first {
      throw DiagnosticError(
        "dataset '\(dataset)' is assumed: a plan made without the data cannot be run")
    }
    let started = time.now
    let check = InputCheck(store: store, unless: StopCheck { [stop] in stop.isRequested })
    var plan = plan
    var inventory = try Inventory(of: plan, in: store, read: read, check: check)
    let open = plan.openStages
    let toRun = plan.stages.count - inventory.artifacts.count
    if toRun > 0 {
      try store.openForWriting()
    } else {
      // What killed runs left behind is harmless, and the store may belong to another user.
      try? store.removeRemains()
    }
    let log = RunLog(store: store, time: time, observer: observer, isWriting: keepsLog && toRun > 0)
    log.post(
      .runStarted(
        run: log.run, pipeline: plan.pipeline, settings: options.settings,
        stages: plan.stages.count, toRun: inventory.runs(of: plan), waiting: open))
    var queue = RunQueue(plan, available: inventory.artifacts)
    try post(inventory, of: plan, queue, log, except: [])
    leaveAll(but: own, of: plan, &queue, log)
    let claims = ClaimKeeper(
      store: store, pipeline: plan.pipeline, time: time, timing: timing, log: log)
    if toRun > 0 {
      let desk = StageDesk(
        pipeline: plan.pipeline, store: store, options: options, version: version, time: time,
        stop: stop, log: log, claims: claims, check: check)
      try claims.keepingAlive {
        if plan.leavesOpen {
          runStages(of: &queue, plan, inventory, desk, among: plan.deciding)
          if !stop.isRequested, options.keepGoing || !queue.hasFailed {
            let decided = try Decided(plan, queue, plan: try decide())
            let known = Set(queue.outcomes.indices.filter { queue.outcomes[$0] != nil })
            plan = decided.plan
            inventory = try Inventory(
              of: plan, in: store, read: read, check: check, having: decided.artifacts)
            queue = RunQueue(plan, available: inventory.artifacts, ended: decided.outcomes)
            try post(inventory, of: plan, queue, log, except: known)
            leaveAll(but: own, of: plan, &queue, log)
            if !queue.hasFailed {
              log.post(.stagesDecided(toRun: queue.outcomes.count { $0 == nil }, of: open))
            }
          }
        }
        runStages(of: &queue, plan, inventory, desk)
      }
    }
    claims.releaseAll()
    let summary = RunSummary(
      run: log.run,
      entries: zip(plan.stages, queue.outcomes).map {
        RunSummary.Entry(stage: $0.name, outcome: $1 ?? .notStarted)
      },
      seconds: time.now - started, wasStopped: stop.isRequested)
    log.post(.runFinished(summary))
    return summary
  }

  /// Reports what is in the store and sets aside what is damaged.
  ///
  /// - Parameter known: the stages that have been reported before.
  private func post(
    _ inventory: Inventory, of plan: Plan, _ queue: RunQueue, _ log: RunLog, except known: Set<Int>
  ) throws(DiagnosticError) {
    for (index, stage) in plan.stages.enumerated() where !known.contains(index) {
      if let outcome = queue.outcomes[index] { log.post(.stageFinished(stage.name, outcome)) }
    }
    for index in inventory.artifacts.keys.sorted() where !known.contains(index) {
      noteLatest(plan.stages[index], plan.pipeline, log)
    }
    for (index, damage) in inventory.damages.sorted(by: { $0.key < $1.key }) {
      log.post(.stageDamaged(plan.stages[index].name, damage))
      try store.setAside(damage, of: plan.stages[index].fingerprint)
    }
  }

  /// Leaves all stages to other runs, except those given (`nil`: none).
  private func leaveAll(
    but own: Set<String>?, of plan: Plan, _ queue: inout RunQueue, _ log: RunLog
  ) {
    guard let own else { return }
    for (index, stage) in plan.stages.enumerated() where !own.contains(stage.name) {
      for ended in queue.leave(index) {
        guard let outcome = queue.outcomes[ended] else { continue }
        log.post(.stageFinished(plan.stages[ended].name, outcome))
      }
    }
  }

  /// Hands out stages and handles their reports; occasionally checks the stages that other runs compute.
  ///
  /// - Parameter chosen: the only stages that run; the others keep their state. `nil` for all, after which the run is over.
  private func runStages(
    of queue: inout RunQueue, _ plan: Plan, _ inventory: Inventory, _ desk: StageDesk,
    among chosen: Set<Int>? = nil
  ) {
    queue.chosen = chosen
    let log = desk.log
    let performer = performer(desk)
    var inventory = inventory
    var waiting = WaitingStages()
    var hasFailed = queue.hasFailed
    var turns = 0
    var looked = monotonicSeconds()
    /// The number of turns that had begun when a stage was put back because its artifact, or that of a stage with the
    /// same fingerprint, was damaged.
    var mended: [Int: Int] = [:]
    func tell(_ ended: [Int], of queue: RunQueue) {
      for index in ended {
        guard let outcome = queue.outcomes[index] else { continue }
        if case .failed = outcome { hasFailed = true }
        log.post(.stageFinished(plan.stages[index].name, outcome))
      }
    }
    while true {
      while !stop.isRequested, !hasFailed || options.keepGoing, let room = performer.room {
        let ready = queue.readyCount(within: room.memory)
        guard let index = queue.takeNext(within: room.memory, publishing: room.publishing) else {
          break
        }
        turns += 1
        performer.start(
          StageTurn(
            index: index, number: turns, stage: plan.stages[index],
            reason: inventory.reason(for: index, plan), inputs: queue.inputs(of: index),
            twin: queue.twin(of: index)), among: ready)
      }
      let isWaiting = !stop.isRequested && (!hasFailed || options.keepGoing) && !waiting.isEmpty
      if performer.isIdle, !isWaiting { break }
      guard let report = performer.next(within: isWaiting ? timing.look : .infinity) else {
        guard isWaiting, monotonicSeconds() - looked >= timing.look else { continue }
        looked = monotonicSeconds()
        for holder in waiting.newlyStopped() { log.post(.warning(holder.warningOfStop)) }
        let free = look(at: waiting.stages, in: plan, desk.claims)
        for index in waiting.take(free) { queue.putBack(index) }
        continue
      }
      let index = report.turn.index
      switch report.result {
      case .ended(let outcome):
        waiting.remove(index)
        // What was produced was noted with its publication.
        if case .reused = outcome { noteLatest(plan.stages[index], plan.pipeline, log) }
        tell(queue.finish(index, outcome), of: queue)
      case .held(let holder):
        if waiting.insert(index, holder) {
          log.post(.stageWaiting(plan.stages[index].name, for: holder))
          for holder in waiting.newlyStopped() { log.post(.warning(holder.warningOfStop)) }
        }
      case .inputsDamaged(let damages):
        var damaged: [Int] = []
        for (role, damage) in damages.sorted(by: { $0.key < $1.key }) {
          guard let source = queue.source(ofRole: role, of: index),
            // Others have found the same damage before, and it may already be repaired.
            report.turn.number > mended[source] ?? 0
          else { continue }
          mended[source] = turns
          for stage in queue.finished(like: [source]) {
            mended[stage] = turns
            inventory.note(damage, of: stage)
            log.post(.stageDamaged(plan.stages[stage].name, damage))
            damaged.append(stage)
          }
        }
        tell(queue.reopen(damaged), of: queue)
        queue.putBack(index)
      }
    }
    if chosen == nil { tell(queue.finishRest(), of: queue) }
  }

  /// The stages that no run computes any more.
  private func look(at stages: [Int], in plan: Plan, _ claims: ClaimKeeper) -> [Int] {
    let free = try? stages.filter { try claims.isFree(plan.stages[$0]) }
    // If the store cannot be read, their own turn reports the problem.
    return free ?? stages
  }

  /// The notes on latest runs only serve to explain changes, so a run does not fail because of them.
  private func noteLatest(_ stage: PlannedStage, _ pipeline: String, _ log: RunLog) {
    do throws(DiagnosticError) {
      try store.setLatest(stage.fingerprint, of: stage.name, in: pipeline)
    } catch {
      log.warn(error)
    }
  }
}

extension ClaimHolder {
  fileprivate var warningOfStop: Diagnostic {
    Diagnostic(
      .warning,
      "process \(process.id), which computes stage '\(stage)', is stopped: this run waits for it",
      notes: [
        .init(
          "'kill -CONT \(process.id)' continues it; 'kill -KILL \(process.id)' ends it, and this run then computes the stage"
        )
      ])
  }
}
