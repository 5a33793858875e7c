import ArgumentParser
import ArtifactStore
import Basics
import Execution
import Glibc
import Planning
import Slurm
import Stages
import SystemPackage

/// A pipeline on its way to Slurm: the plan, and who submits it.
struct ClusterRun {
  private(set) var request: SubmissionRequest
  let options: ClusterOptions
  let store: Store
  let controller: SlurmController
  let stop: StopSignal
  private let plan: () throws -> Plan

  /// Plans a pipeline for a cluster.
  ///
  /// - Throws: `DiagnosticError`, `Interrupted`; `ValidationError` for options that have no meaning there.
  init(
    _ pipeline: PipelineOptions, _ selection: SelectionOptions, _ data: DataOptions,
    _ slurm: SlurmOptions, run: TaskOptions, stop: StopSignal
  ) throws {
    guard selection.force.isEmpty else {
      throw ValidationError(
        "--force cannot be combined with Slurm: 'cambium store remove' removes results, which are then computed again"
      )
    }
    options = slurm.cluster
    try options.requirePassable()
    let root = try absolute(pipeline.openStore.root)
    store = Store(at: root)
    let texts = RecordedTexts(FilesBeside(FilePath(pipeline.file)))
    let source = try SourceText.reading(FilePath(pipeline.file))
    let description = try pipeline.describe(source, including: texts)
    plan = { [store] in
      var plan = try pipeline.plan(
        of: description, only: selection.only, assumingData: data.assumeData,
        activations: ActivationPolicy(budget: run.activations),
        unless: StopCheck { stop.isRequested })
      try plan.price(by: ClusterSpeeds(store: store))
      return plan
    }
    let file = try absolute(FilePath(pipeline.file))
    request = SubmissionRequest(
      plan: try plan(), file: file,
      sources: [Submission.Source(path: file.string, text: source.text)] + texts.sources,
      settings: pipeline.settings, run: run, program: try runningProgram(),
      version: cambiumVersion, isWhole: selection.only.isEmpty)
    self.stop = stop
    controller = SlurmController(unless: StopCheck { stop.isRequested }) { printError($0) }
  }

  /// Plans again, when the images are packed on which it depended what the fingerprints of stages are.
  mutating func decide() throws { request.plan = try plan() }

  /// What would be submitted: a table and the scripts, or JSON. Slurm is asked if it is there.
  func dryRun(json: Bool) throws -> String {
    var facts: ClusterFacts?
    var missing = request.plan.stages.indices.filter {
      request.plan.stages[$0].status != .cached
    }
    do {
      let controller = SlurmController(attempts: 1)
      facts = try ClusterFacts(controller)
      let preview = try Submitter(
        store: store, controller: controller, options: options, note: printError
      ).preview(request)
      missing = preview.stages
      if preview.1.joined > 0 {
        printError(
          "stages that \(counted(preview.1.joined, "queued or running task")) compute are not listed"
        )
      }
      for line in ClusterRun.lines(preview.1, isFirst: false) { printError(line) }
    } catch let error as DiagnosticError {
      printError(
        Diagnostic(
          .warning,
          "the cluster is not known: \(error.diagnostics.first?.message ?? "")"
        ).rendered())
    }
    guard json || !missing.isEmpty else { return "nothing to submit\n" }
    let plan = try ClusterPlan(request.plan, stages: missing, options: options, facts: facts)
    if let facts { try plan.require(facts, options, disk: DiskSpace(of: store.root)) }
    if json {
      var entries = plan.value.asMap ?? [:]
      entries["scripts"] = .list(
        plan.scripts(for: request, options, in: store).map(Value.string))
      return Value.map(entries).json(indented: true) + "\n"
    }
    let scripts = plan.scripts(for: request, options, in: store).enumerated().map {
      "\narray \($0):\n\($1)"
    }
    return plan.text + "\n" + plan.taskLines + scripts.joined()
  }

  var submitter: Submitter {
    Submitter(
      store: store, controller: controller, options: options,
      unless: StopCheck { [stop] in stop.isRequested }, note: printError)
  }

  /// Submits what nothing computes yet, and says so.
  ///
  /// - Parameter isFirst: whether what was submitted before is news.
  func submit(by submitter: Submitter, isFirst: Bool = true) throws -> Enrolment {
    try request.plan.requireSources()
    let enrolment = try checking { try submitter.submit(request) }
    for line in ClusterRun.lines(enrolment, isFirst: isFirst) { printError(line) }
    return enrolment
  }

  /// `submitted 34 tasks with 1,000 stages in 2 arrays (jobs 12, 13)`
  private static func lines(_ enrolment: Enrolment, isFirst: Bool) -> [String] {
    var lines: [String] = []
    if let new = enrolment.new {
      let tasks = new.arrays.reduce(0) { $0 + $1.tasks.count }
      let stages = new.arrays.reduce(0) { $0 + $1.tasks.reduce(0) { $0 + $1.stages.count } }
      let jobs = new.arrays.compactMap { $0.job.map { "\($0)" } }.joined(separator: ", ")
      lines.append(
        "submitted \(counted(stages, "stage")) in \(counted(tasks, "task")), \(counted(new.arrays.count, "array")) "
          + "(job\(new.arrays.count == 1 ? "" : "s") \(jobs))")
    }
    if enrolment.open > 0 { lines.append(ClusterPlan.openWords(enrolment.open)) }
    if enrolment.joined > 0, isFirst {
      lines.append("joined \(counted(enrolment.joined, "task")) that had been submitted before")
    }
    if enrolment.held > 0 {
      lines.append(
        "held back \(counted(enrolment.held, "stage")): no room for more jobs (\(enrolment.heldBecause ?? "unknown"))"
      )
    }
    if enrolment.cancelled > 0 {
      lines.append("cancelled \(counted(enrolment.cancelled, "obsolete task"))")
    }
    if enrolment.obsolete > 0 {
      lines.append(
        "\(counted(enrolment.obsolete, "queued task")) only had stages that have changed since: --cancel-obsolete cancels them"
      )
    }
    return lines
  }
}

/// A path that does not depend on the current folder.
///
/// - Throws: `DiagnosticError` if there is no current folder.
private func absolute(_ path: FilePath) throws(DiagnosticError) -> FilePath {
  if path.isAbsolute { return path.lexicallyNormalized() }
  guard let folder = getcwd(nil, 0) else {
    throw DiagnosticError(operation: "find", ".", because: Errno(rawValue: errno))
  }
  defer { free(folder) }
  return FilePath(platformString: folder).pushing(path).lexicallyNormalized()
}
