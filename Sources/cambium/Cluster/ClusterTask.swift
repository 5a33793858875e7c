import ArgumentParser
import ArtifactStore
import Basics
import Engine
import Execution
import Glibc
import Planning
import Slurm
import Stages
import SystemPackage

/// A task of a submission, performed as a run on the shared store for its stages and no others.
struct ClusterTask {
  private var submission: Submission
  private let number: TaskNumber
  private let task: Submission.Task
  private let store: Store
  private let stop: StopSignal
  private let time = SystemTimeSource()

  init(
    _ submission: Submission, _ number: TaskNumber, _ task: Submission.Task, in store: Store,
    stop: StopSignal
  ) {
    self.submission = submission
    self.number = number
    self.task = task
    self.store = store
    self.stop = stop
  }

  private var stages: [Submission.Stage] { task.stages.map { submission.stages[$0] } }
  private var folder: FilePath { store.submissionFolder(submission.id) }

  /// - Throws: `ExitCode` unless all stages have a result.
  mutating func run() throws {
    let restarts =
      ClusterTask.variable("SLURM_RESTART_COUNT").flatMap { Int($0) }.map {
        min(max($0, 0), 1 << 20)
      } ?? 0
    let line =
      "\(date(seconds: time.now))  job \(job) on \(ProcessIdentity.hostName), process \(getpid()), "
      + "\(restarts) restarts\n"
    try? store.fileSystem.append(
      Array(line.utf8), to: folder.appending(Submission.startsName(number)))
    printError(line.dropLast() + ": \(counted(stages.count, "stage"))")
    var whole = try plan()
    if whole.leavesOpen {
      wait(for: images(outside: whole))
      whole = try self.plan()
    }
    try store.decide(&submission, by: whole)
    let own = runnable(in: whole)
    var plan = selecting(own, of: whole)
    try checking { try plan.require(ProcessorDevice()) }
    wait(for: inputs(of: own, in: plan))
    let before = progress(own, plan)
    let executor = executor(for: plan)
    let summary = try executor.run(plan, only: own) {
      whole = try self.plan()
      plan = selecting(own, of: whole)
      return plan
    }
    if submission.leavesOpen {
      // What waits for this task, and whoever asks, need not find that out.
      try store.decide(&submission, by: whole.leavesOpen ? try self.plan() : whole)
    }
    if summary.wasStopped, isLimitNear {
      try resumeLater(own, plan, before, restarts, summary)
    }
    let isDone = stages.allSatisfy { summary.outcome(of: $0.name)?.artifact != nil }
    guard !isDone else { return }
    // The task of the same index in another array starts only after success, and looks for its inputs itself.
    let hasEnded = !summary.wasStopped && submission.arrays[number.array].hasPartner
    if !hasEnded { throw ExitCode(ExitStatus.stageFailed) }
  }

  /// The plan of the pipeline as it was submitted.
  private func plan() throws -> Plan {
    let options = PipelineOptions(
      file: submission.file, settings: submission.settings, store: store.root.string)
    let source = SourceText(name: submission.file, text: submission.sources[0].text)
    let description = try options.describe(
      source, printsWarnings: false, including: SubmittedTexts(submission: submission))
    return try options.plan(
      of: description, activations: ActivationPolicy(budget: submission.run.activations),
      unless: StopCheck { [stop] in stop.isRequested })
  }

  private func selecting(_ own: Set<String>, of whole: Plan) -> Plan {
    var plan = whole.selecting(own)
    plan.pipeline = submission.pipeline
    return plan
  }

  /// The stages of the task that are as they were submitted, have not failed since, and are known or will be.
  private func runnable(in plan: Plan) -> Set<String> {
    let fingerprints = Dictionary(
      plan.stages.map { ($0.name, $0.fingerprint) }, uniquingKeysWith: { first, _ in first })
    let deciding = plan.decidingStages
    let all = Set(stages.map(\.name))
    var own: Set<String> = []
    for stage in stages {
      let isSame =
        stage.deciding.isEmpty
        ? fingerprints[stage.name] == stage.fingerprint
        : fingerprints[stage.name] != nil && Submission.hasImages(plan, of: stage)
      let others = (deciding[stage.name] ?? []).subtracting(all).sorted()
      if !isSame {
        printError(
          "skip   \(printable(stage.name))  (its data or the program has changed since it was submitted)"
        )
      } else if !others.isEmpty {
        printError(
          "skip   \(printable(stage.name))  (needs \(printable(others.joined(separator: ", "))))")
      } else if stage.deciding.isEmpty, let failure = store.failure(of: stage) {
        printError("skip   \(printable(stage.name))  (it has failed: \(failure))")
      } else {
        own.insert(stage.name)
      }
    }
    return own
  }

  /// The prepare stages that are not part of the task, and decide about stages that are.
  private func images(outside plan: Plan) -> Set<Fingerprint> {
    let all = Set(stages.map(\.name))
    let deciding = plan.decidingStages
    let names = all.reduce(into: Set<String>()) { $0.formUnion(deciding[$1] ?? []) }
      .subtracting(all)
    return Set(plan.stages.filter { names.contains($0.name) }.map(\.fingerprint))
  }

  /// What stages read that is not part of the task.
  private func inputs(of own: Set<String>, in plan: Plan) -> Set<Fingerprint> {
    Set(
      plan.stages.filter { own.contains($0.name) }.flatMap(\.inputs)
        .filter { !own.contains($0.stage) }.map(\.fingerprint))
  }

  /// Waits while other runs compute results, which are not part of the submission.
  private func wait(for results: Set<Fingerprint>) {
    let watch = LifeWatch()
    for fingerprint in results {
      while !stop.isRequested {
        if case .found? = try? store.outputs(for: fingerprint) { break }
        if (try? store.isFree(fingerprint, watch: watch)) != false { break }
        usleep(1_000_000)
      }
    }
  }

  private func executor(for plan: Plan) -> Executor {
    let limits = ProcessLimits.current
    let memory = limits.memory / 10 * 9
    let device = ProcessorDevice()
    let observer = SpeedObserver(
      for: plan, speeds: StoreSpeeds(store: store),
      next: SpeedObserver(
        for: plan, speeds: StoreSpeeds(store: store, processor: .cluster),
        next: ProgressDisplay(for: plan, terminal: Terminal(columns: nil))))
    return Executor(
      store: store,
      runners: StageKinds.runners(
        checkpointInterval: submission.run.checkpoint, memory: memory, device: device),
      options: ExecutionOptions(
        jobs: .automatic, threads: limits.processors, memory: memory,
        machineMemory: limits.memory, retries: submission.run.retries, keepGoing: true,
        settings: submission.settings), version: cambiumVersion, stop: stop, observer: observer)
  }

  // MARK: - At the time limit

  /// How far the stages are.
  private struct Progress: Equatable {
    var finished = 0
    var saved: [String: SavedWork] = [:]
  }

  private func progress(_ own: Set<String>, _ plan: Plan) -> Progress {
    var progress = Progress()
    for stage in plan.stages where own.contains(stage.name) && !stage.isAssumed {
      if case .found? = try? store.outputs(for: stage.fingerprint) {
        progress.finished += 1
      } else {
        progress.saved[stage.name] = store.savedWork(of: stage.draft)
      }
    }
    return progress
  }

  /// Puts the task back into the queue, unless it would never end.
  private func resumeLater(
    _ own: Set<String>, _ plan: Plan, _ before: Progress, _ restarts: Int,
    _ summary: RunSummary
  ) throws {
    let open = plan.stages.filter {
      own.contains($0.name) && summary.outcome(of: $0.name)?.artifact == nil
    }
    guard !open.isEmpty else { return }
    let minutes = counted(submission.arrays[number.array].minutes, "minute")
    let after = progress(own, plan)
    // How much of work without iterations is done, nothing says.
    let hasProgress = after != before || after.saved.values.contains(.part)
    if hasProgress, restarts < submission.requeues {
      printError("the time limit is near: the task resumes in another job")
      try SlurmController(unless: .never, note: printError).requeue(job)
      return
    }
    let message =
      hasProgress
      ? "it has not ended after \(restarts + 1) jobs of \(minutes): --requeues allows no more"
      : "nothing could be saved within the time limit of \(minutes): --time-limit should be longer"
    printError("error: \(message)")
    for stage in open where !stage.isAssumed {
      try store.note(
        .failed(
          PastFailure(run: summary.run, time: time.now, cause: .other, messages: [message])),
        of: stage.fingerprint)
    }
  }

  /// As Slurm's commands name it.
  private var job: String {
    if let array = ClusterTask.variable("SLURM_ARRAY_JOB_ID"),
      let index = ClusterTask.variable("SLURM_ARRAY_TASK_ID")
    {
      return "\(array)_\(index)"
    }
    return ClusterTask.variable("SLURM_JOB_ID") ?? "?"
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
