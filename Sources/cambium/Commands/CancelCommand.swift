import ArgumentParser
import ArtifactStore
import Basics
import Planning
import Slurm

/// `cambium cancel FILE`
struct CancelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Cancels the tasks of a pipeline that are queued or running on Slurm.",
    discussion:
      "Running tasks save their work first. Finished stages and checkpoints stay in the store: submitting again resumes from them. With --set, only the tasks that were submitted with the same settings are cancelled; without, all of the pipeline."
  )

  @OptionGroup var pipeline: PipelineOptions

  func run() throws {
    let stop = stopOnSignals()
    let plan = try pipeline.plan()
    let store = pipeline.openStore
    try store.checkFormat()
    let submissions = try store.openSubmissions().filter {
      $0.pipeline == plan.pipeline
        && (pipeline.settings.isEmpty || $0.settings == pipeline.settings)
    }
    let jobs = submissions.flatMap { $0.arrays.compactMap { $0.job.map { "\($0)" } } }
    guard !jobs.isEmpty else {
      let settings = pipeline.settings.isEmpty ? "" : " with these settings"
      print("nothing of pipeline '\(printable(plan.pipeline))' has been submitted\(settings)")
      return
    }
    let controller = SlurmController(unless: StopCheck { stop.isRequested }) { printError($0) }
    let tasks = try checking {
      let tasks = try controller.tasks(named: submissions.flatMap { $0.arrays.map(\.name) })
      // Of jobs that have ended, Slurm may know nothing any more.
      let live = Set(tasks.map { "\($0.job)" })
      try controller.cancel(jobs.filter(live.contains))
      let cancelled = Set(tasks.map { "\($0.job)_\($0.index)" })
      for var submission in submissions {
        submission.cancel { cancelled.contains("\($0)_\($1)") }
        try store.keep(submission)
      }
      return tasks
    }
    let finished = plan.stages.count { $0.status == .cached }
    let started = plan.stages.count { stage in
      stage.status != .cached && store.savedWork(of: stage.draft) != .nothing
    }
    let running = tasks.count(where: \.isRunning)
    print(
      "cancelled \(counted(tasks.count, "task"))"
        + (running > 0
          ? "; \(running) of them \(running == 1 ? "saves its" : "save their") work first" : ""))
    print(
      "kept: \(counted(finished, "finished stage"))"
        + (started > 0 ? ", and checkpoints of \(counted(started, "other"))" : ""))
  }
}
