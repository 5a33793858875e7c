import ArgumentParser
import ArtifactStore
import Basics
import Engine
import Execution
import Glibc
import PipelineLanguage
import Planning
import Reporting
import Results
import Slurm
import Stages
import SystemPackage

/// `cambium run FILE`
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs the stages of a pipeline that are not cached.")

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var data: DataOptions
  @Flag(help: "Shows the plan instead of running it, as 'cambium plan' does.")
  var dryRun = false

  @Flag(
    help: "Prints events as JSON lines on standard output; with --dry-run, prints the plan as JSON."
  )
  var json = false

  @Option(
    help: ArgumentHelp(
      "The maximum number of stages that run in parallel; 'auto' runs one per thread.",
      valueName: "n|auto"))
  var jobs = JobCount.number(1)

  @Option(
    help: "Threads shared by all running stages; by default one per available processor core.")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Memory that running stages may use together, by their estimates: 8G, 500M; by default nine "
        + "tenths of what the process may use.", valueName: "size"))
  var memory: ByteSize?

  @Option(
    help: ArgumentHelp(
      "Disk space for cached activations of frozen layers: 20G; 0 turns caching off.",
      valueName: "size"))
  var activationCache = ByteSize(bytes: ActivationPolicy.usual.budget)

  @Option(
    help: ArgumentHelp("How often a failed stage is retried.", valueName: "times"))
  var retries = 0

  @Option(
    help: ArgumentHelp(
      "Seconds between checkpoints of a training run.", valueName: "seconds"))
  var checkpoint = TrainRunner.usualCheckpointInterval

  @Option(
    help: ArgumentHelp(
      "Seconds without a sign of life after which a stage of another machine is taken over; the same for all "
        + "runs on a store.", valueName: "seconds", visibility: .hidden))
  var claimPatience = LifeWatch.usualPatience

  @Option(
    help: ArgumentHelp(
      "Writes loss and accuracy of running stages to a folder for TensorBoard, while they run.",
      valueName: "folder"), completion: .directory)
  var tensorboard: String?

  @Flag(help: "Continues after a failure with the stages that do not depend on it.")
  var keepGoing = false

  @Option(
    help:
      "Who performs the stages: this process, or tasks of Slurm, which 'cambium run' then follows; Ctrl-C leaves them running."
  )
  var executor = ExecutorName.local

  @OptionGroup var slurm: SlurmOptions

  func validate() throws {
    guard executor == .local || threads == nil && memory == nil && jobs == .number(1) else {
      throw ValidationError(
        "--jobs, --threads and --memory have no meaning with Slurm: --cpus sets the processors of a task, "
          + "--sbatch-mem its memory")
    }
    guard executor == .local || tensorboard == nil else {
      throw ValidationError("--tensorboard cannot be combined with --executor slurm")
    }
    guard executor == .slurm || slurm.isUsual else {
      throw ValidationError(
        "--task-time, --time-limit, --cpus, --requeues, --max-tasks, --cancel-obsolete and --sbatch require --executor slurm"
      )
    }
    guard dryRun || !data.assumeData else {
      throw ValidationError("a run needs the data: --assume-data requires --dry-run")
    }
    guard (0...100).contains(retries) else { throw ValidationError("--retries must be 0 to 100") }
    guard claimPatience > 0 else { throw ValidationError("--claim-patience must be more than 0") }
    guard checkpoint > 0 else { throw ValidationError("--checkpoint must be more than 0") }
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("--threads must be 1 to 1024")
    }
  }

  func run() throws {
    let stop = stopOnSignals(countsOutput: true)
    if executor == .slurm {
      try runOnSlurm(stop)
      return
    }
    func planned(of description: Description, warning: Bool) throws -> Plan {
      try pipeline.plan(
        of: description, only: selection.only, forced: selection.force,
        assumingData: data.assumeData,
        activations: ActivationPolicy(budget: activationCache.bytes), printsWarnings: warning,
        unless: StopCheck { stop.isRequested })
    }
    let description = try pipeline.describe()
    let plan = try planned(of: description, warning: true)
    if dryRun {
      print(json ? plan.value.json(indented: true) + "\n" : plan.text, terminator: "")
      return
    }
    try plan.requireSources()
    let device = ProcessorDevice()
    try checking { try plan.require(device) }
    try plan.requireSpace(pipeline.openStore.freeSpace)
    var display: any ExecutionObserver =
      json ? JSONLines() : ProgressDisplay(for: plan, terminal: Terminal.standardError)
    if let tensorboard { display = TensorBoardFiles(in: FilePath(tensorboard), next: display) }
    let observer = SpeedObserver(
      for: plan, speeds: StoreSpeeds(store: pipeline.openStore), next: display)
    let stageMemory = memory?.bytes ?? ProcessLimits.current.memoryForStages
    let executor = Executor(
      store: pipeline.openStore,
      runners: StageKinds.runners(
        checkpointInterval: checkpoint, memory: stageMemory, device: device),
      options: ExecutionOptions(
        jobs: jobs.option, threads: threads ?? ProcessLimits.current.processors,
        memory: stageMemory, machineMemory: ProcessLimits.current.memory,
        retries: retries, keepGoing: keepGoing, settings: pipeline.settings),
      version: cambiumVersion, stop: stop, timing: ClaimTiming(patience: claimPatience),
      observer: observer)
    let reports = plan.stages.filter { $0.kind == .report }.map(\.name)
    let summary = try executor.run(plan, thenReading: Set(json ? [] : reports)) {
      let decided = try planned(of: description, warning: false)
      try decided.requireSources()
      return decided
    }
    if !json { try printReports(of: plan, summary) }
    if !summary.isComplete { throw ExitCode(ExitStatus.stageFailed) }
  }

  /// Submits the stages, and follows them.
  private func runOnSlurm(_ stop: StopSignal) throws {
    var run = try ClusterRun(
      pipeline, selection, data, slurm,
      run: TaskOptions(
        retries: retries, checkpoint: checkpoint, activations: activationCache.bytes), stop: stop)
    if dryRun {
      print(try run.dryRun(json: json), terminator: "")
      return
    }
    let submitter = run.submitter
    // Made again when the images are packed that leave something open.
    let submitted = Guarded((request: run.request, enrolment: try run.submit(by: submitter)))
    let plan = run.request.plan
    let controller = run.controller
    let display: any ExecutionObserver =
      json ? JSONLines() : ProgressDisplay(for: plan, terminal: Terminal.standardError)
    let executor = Executor(
      store: run.store,
      options: ExecutionOptions(threads: 1, keepGoing: true, settings: pipeline.settings),
      version: cambiumVersion, stop: stop, timing: ClaimTiming(patience: claimPatience),
      observer: display, keepsLog: false
    ) { desk in
      let (request, enrolment) = submitted.withLock { $0 }
      return SlurmPerformer(enrolment, of: request, by: submitter, controller, at: desk)
    }
    let reports = plan.stages.filter { $0.kind == .report }.map(\.name)
    let summary = try executor.run(plan, thenReading: Set(json ? [] : reports)) {
      try run.decide()
      let enrolment = try run.submit(by: submitter, isFirst: false)
      let request = run.request
      submitted.withLock { $0 = (request, enrolment) }
      return request.plan
    }
    if summary.wasStopped, !summary.isComplete {
      printError(
        "the tasks remain with Slurm: '\(pipeline.command("run")) --executor slurm' follows them again, "
          + "'\(pipeline.command("status"))' shows them, '\(pipeline.command("cancel"))' cancels them"
      )
    }
    if !json { try printReports(of: plan, summary) }
    if !summary.isComplete { throw ExitCode(ExitStatus.stageFailed) }
  }

  /// Prints the tables of the pipeline's reports, and how to obtain the files.
  private func printReports(of plan: Plan, _ summary: RunSummary) throws {
    for stage in plan.stages where stage.kind == .report {
      guard summary.outcome(of: stage.name)?.artifact != nil else { continue }
      let source = try ReportSource(of: stage, in: plan, pipeline)
      let analysis = Analysis(source.results)
      let sections = try StageKinds.analyses.sections(of: source, analysis)
      print(printable("\(stage.name)\n\n\(AnalysisText(analysis, sections: sections).text)"))
      print("files: cambium report \(pipeline.file) -o DIR")
    }
  }
}

extension ProcessLimits {
  /// The default memory for stages in bytes: a tenth is left for the system and the file cache.
  fileprivate var memoryForStages: Int { memory / 10 * 9 }
}
