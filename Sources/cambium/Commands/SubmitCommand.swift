import ArgumentParser
import Basics
import Planning
import Slurm
import Stages

/// `cambium submit FILE`
struct SubmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Submits the stages of a pipeline that are not cached to Slurm, and returns.",
    discussion: """
      Stages are packed into tasks of about --task-time by their estimated cost, and tasks into job arrays, which wait for \
      each other by Slurm's dependencies. Tasks share the store, as runs do: a stage that is queued or running already is not \
      submitted again. 'cambium status FILE' shows the tasks, 'cambium run FILE --executor slurm' follows them, \
      'cambium cancel FILE' cancels them.
      """)

  @OptionGroup var pipeline: PipelineOptions
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var slurm: SlurmOptions
  @OptionGroup var stages: TaskRunOptions

  @Flag(help: "Prints the arrays, their tasks and their scripts, and submits nothing.")
  var dryRun = false

  @Flag(help: "With --dry-run, prints JSON.")
  var json = false

  func validate() throws {
    guard dryRun || !data.assumeData else {
      throw ValidationError("tasks need the data: --assume-data requires --dry-run")
    }
    guard dryRun || !json else { throw ValidationError("--json requires --dry-run") }
  }

  func run() throws {
    let stop = stopOnSignals()
    let run = try ClusterRun(
      pipeline, selection, data, slurm, run: stages.options, stop: stop)
    if dryRun {
      print(try run.dryRun(json: json), terminator: "")
      return
    }
    let enrolment = try run.submit(by: run.submitter)
    if enrolment.places.isEmpty, enrolment.held == 0 {
      printError("all \(run.request.plan.stages.count) stages are cached, nothing to submit")
    } else {
      printError("'\(pipeline.command("status"))' shows what becomes of them")
    }
    if enrolment.held > 0 {
      printError("the same command submits the rest when there is room")
    }
  }
}

/// Options of a run that its tasks have too.
struct TaskRunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Disk space for cached activations of frozen layers: 20G; 0 turns caching off.",
      valueName: "size"))
  var activationCache = ByteSize(bytes: ActivationPolicy.usual.budget)

  @Option(help: ArgumentHelp("How often a failed stage is retried.", valueName: "times"))
  var retries = 0

  @Option(
    help: ArgumentHelp("Seconds between checkpoints of a training run.", valueName: "seconds"))
  var checkpoint = TrainRunner.usualCheckpointInterval

  func validate() throws {
    guard (0...100).contains(retries) else { throw ValidationError("--retries must be 0 to 100") }
    guard checkpoint > 0 else { throw ValidationError("--checkpoint must be more than 0") }
  }

  var options: TaskOptions {
    TaskOptions(
      retries: retries, checkpoint: checkpoint, activations: activationCache.bytes)
  }
}
