import ArtifactStore
import Basics

/// Stages submitted to Slurm together: what each task does, in which job, and the texts that it was planned from.
///
/// The store keeps it, so that whoever submits the same stages joins these tasks. Tasks work from the texts as they were
/// submitted: the file may be edited while they wait.
package struct Submission: Sendable {
  package struct Stage: Hashable, Sendable {
    package var name: String
    package var fingerprint: Fingerprint
    /// The run in which it had failed before it was submitted; a failure in another one is a result of this submission.
    package var failedRun: String?
    /// The prepare stages on whose images it depends what the fingerprint is, so that the one given is only assumed. Empty
    /// once that is known.
    package var deciding: Set<Fingerprint>

    package init(
      name: String, fingerprint: Fingerprint, failedRun: String? = nil,
      deciding: Set<Fingerprint> = []
    ) {
      self.name = name
      self.fingerprint = fingerprint
      self.failedRun = failedRun
      self.deciding = deciding
    }
  }

  package struct Task: Hashable, Sendable {
    /// Its number in the array.
    package var index: Int
    /// Positions in `stages`.
    package var stages: [Int]
    /// The expected time in seconds.
    package var seconds: Double
    /// Whether this program has cancelled it.
    package var isCancelled: Bool

    package init(index: Int, stages: [Int], seconds: Double, isCancelled: Bool = false) {
      self.index = index
      self.stages = stages
      self.seconds = seconds
      self.isCancelled = isCancelled
    }
  }

  package struct TaskArray: Hashable, Sendable {
    /// The name of its job, which no other job has.
    package var name: String
    /// The number of its job; `nil` before it has been submitted.
    package var job: Int?
    package var tasks: [Task]
    /// The time limit in minutes.
    package var minutes: Int
    /// Whether tasks of another array start only if the task of the same index has succeeded. A failed stage must not
    /// keep them from starting, since they may have other stages.
    package var hasPartner: Bool

    package init(name: String, job: Int?, tasks: [Task], minutes: Int, hasPartner: Bool) {
      self.name = name
      self.job = job
      self.tasks = tasks
      self.minutes = minutes
      self.hasPartner = hasPartner
    }
  }

  /// A text that was read: the pipeline, or a file that it includes, by the path as it was asked for.
  package struct Source: Hashable, Sendable {
    package var path: String
    package var text: String

    package init(path: String, text: String) {
      self.path = path
      self.text = text
    }
  }

  package var id: String
  package var pipeline: String
  /// The absolute path of the pipeline file, and the texts: first its own.
  package var file: String
  package var sources: [Source]
  /// The overridden parameters, `key=value`.
  package var settings: [String]
  /// Options of the runs in tasks.
  package var run: TaskOptions
  package var requeues: Int
  package var version: String
  /// Who submitted it, and when, in seconds since 1970.
  package var owner: String
  package var time: Double
  package var stages: [Stage]
  /// Results that the stages read, and that were there.
  package var inputs: Set<Fingerprint> = []
  package var arrays: [TaskArray]
  /// Whether nothing of it was queued or running when somebody last looked.
  package var isOver = false

  package init(
    id: String, pipeline: String, file: String, sources: [Source], settings: [String],
    run: TaskOptions, requeues: Int, version: String, owner: String, time: Double, stages: [Stage],
    inputs: Set<Fingerprint> = [], arrays: [TaskArray], isOver: Bool = false
  ) {
    self.id = id
    self.pipeline = pipeline
    self.file = file
    self.sources = sources
    self.settings = settings
    self.run = run
    self.requeues = requeues
    self.version = version
    self.owner = owner
    self.time = time
    self.stages = stages
    self.inputs = inputs
    self.arrays = arrays
    self.isOver = isOver
  }
}

/// Options of a run that its tasks have too.
package struct TaskOptions: Hashable, Sendable {
  package var retries: Int
  /// Seconds between checkpoints.
  package var checkpoint: Double
  /// Bytes for cached activations.
  package var activations: Int

  package init(retries: Int, checkpoint: Double, activations: Int) {
    self.retries = retries
    self.checkpoint = checkpoint
    self.activations = activations
  }
}

extension Submission {
  /// A task of this submission.
  package func task(_ number: TaskNumber) -> Task? {
    guard arrays.indices.contains(number.array) else { return nil }
    return arrays[number.array].tasks.first { $0.index == number.index }
  }

  /// The tasks that compute a stage, by its name.
  package func tasks(of stage: String) -> [TaskNumber] {
    arrays.enumerated().flatMap { position, array in
      array.tasks.filter { $0.stages.contains { stages[$0].name == stage } }
        .map { TaskNumber(array: position, index: $0.index) }
    }
  }

  /// `123_4`, as Slurm's commands have it; `nil` if it was not submitted.
  package func jobName(of number: TaskNumber) -> String? {
    arrays[number.array].job.map { "\($0)_\(number.index)" }
  }

  /// Notes that tasks were cancelled.
  package mutating func cancel(_ isCancelled: (_ job: Int, _ index: Int) -> Bool) {
    for array in arrays.indices {
      guard let job = arrays[array].job else { continue }
      for task in arrays[array].tasks.indices
      where isCancelled(job, arrays[array].tasks[task].index) {
        arrays[array].tasks[task].isCancelled = true
      }
    }
  }

  /// The name of the file with a task's output, in the folder of the submission.
  package static func outputName(_ number: TaskNumber) -> String {
    "\(number.array)-\(number.index).out"
  }

  /// The name of the file that a task adds a line to whenever it starts.
  package static func startsName(_ number: TaskNumber) -> String {
    "\(number.array)-\(number.index).starts"
  }
}

extension Store {
  /// A submission, with what has been decided since; `nil` if there is none, or it cannot be read.
  package func readSubmission(_ id: String) -> Submission? {
    guard var read = submission(id).flatMap(Submission.init) else { return nil }
    if read.leavesOpen, let decisions = decisions(ofSubmission: id) { read.apply(decisions) }
    return read
  }

  package func keep(_ submission: Submission) throws(DiagnosticError) {
    try keepSubmission(submission.value, submission.id)
  }

  /// The submissions of which something may be queued or running, in the order of time.
  package func openSubmissions() throws(DiagnosticError) -> [Submission] {
    try submissions().filter { !$0.isOver }
  }

  /// All submissions, in the order of time.
  package func submissions() throws(DiagnosticError) -> [Submission] {
    var found: [Submission] = []
    for id in try submissionIDs() {
      if let submission = readSubmission(id) { found.append(submission) }
    }
    return found
  }

  /// Whether a stage has failed since it was submitted, and how.
  package func failure(of stage: Submission.Stage) -> PastFailure? {
    guard case .failed(let failure)? = setback(of: stage.fingerprint),
      failure.run != stage.failedRun
    else { return nil }
    return failure
  }
}

// MARK: - JSON

extension Submission: ValueConvertible {
  package var value: Value {
    [
      "format": 1, "id": .string(id), "pipeline": .string(pipeline), "file": .string(file),
      "sources": .list(sources.map { ["path": .string($0.path), "text": .string($0.text)] }),
      "settings": .list(settings.map(Value.string)), "requeues": .integer(requeues),
      "retries": .integer(run.retries), "checkpoint": .number(run.checkpoint),
      "activations": .integer(run.activations), "version": .string(version),
      "owner": .string(owner), "time": .number(time), "over": .bool(isOver),
      "inputs": .list(inputs.map(\.hexadecimal).sorted().map(Value.string)),
      "stages": .list(stages.map(\.value)),
      "arrays": .list(
        arrays.map { array in
          [
            "name": .string(array.name), "job": array.job.map(Value.integer) ?? .null,
            "minutes": .integer(array.minutes), "has-partner": .bool(array.hasPartner),
            "tasks": .list(
              array.tasks.map {
                [
                  "index": .integer($0.index), "stages": .list($0.stages.map(Value.integer)),
                  "seconds": .number($0.seconds), "cancelled": .bool($0.isCancelled),
                ]
              }),
          ]
        }),
    ]
  }

  /// Reads what `value` gave; `nil` for anything else.
  package init?(_ value: Value) {
    guard value["format"] == 1, let id = value["id"]?.asString,
      let pipeline = value["pipeline"]?.asString, let file = value["file"]?.asString,
      let sources = value["sources"]?.asList?.compactMap(Source.init), !sources.isEmpty,
      let settings = value["settings"]?.asList?.compactMap(\.asString),
      let requeues = value["requeues"]?.asInteger, let retries = value["retries"]?.asInteger,
      let checkpoint = value["checkpoint"]?.double,
      let activations = value["activations"]?.asInteger,
      let version = value["version"]?.asString, let owner = value["owner"]?.asString,
      let time = value["time"]?.double, let isOver = value["over"]?.asBool,
      let inputs = value["inputs"]?.asList?.compactMap({
        $0.asString.flatMap { Fingerprint(hexadecimal: $0) }
      }), let stages = value["stages"]?.asList?.compactMap(Stage.init),
      stages.count == value["stages"]?.asList?.count,
      let arrays = value["arrays"]?.asList?.compactMap({ TaskArray($0, stages: stages.count) }),
      arrays.count == value["arrays"]?.asList?.count
    else { return nil }
    self.init(
      id: id, pipeline: pipeline, file: file, sources: sources, settings: settings,
      run: TaskOptions(retries: retries, checkpoint: checkpoint, activations: activations),
      requeues: requeues, version: version, owner: owner, time: time, stages: stages,
      inputs: Set(inputs), arrays: arrays, isOver: isOver)
  }
}

extension Submission.Source {
  fileprivate init?(_ value: Value) {
    guard let path = value["path"]?.asString, let text = value["text"]?.asString else { return nil }
    self.init(path: path, text: text)
  }
}

extension Submission.Stage: ValueConvertible {
  package var value: Value {
    [
      "stage": .string(name), "fingerprint": .string(fingerprint.hexadecimal),
      "failed-run": failedRun.map(Value.string) ?? .null,
      "deciding": .list(deciding.map(\.hexadecimal).sorted().map(Value.string)),
    ]
  }

  init?(_ value: Value) {
    guard let name = value["stage"]?.asString,
      let fingerprint = value["fingerprint"]?.asString.flatMap({ Fingerprint(hexadecimal: $0) })
    else { return nil }
    // Submissions of earlier versions have none.
    let deciding = value["deciding"]?.asList?.compactMap {
      $0.asString.flatMap { Fingerprint(hexadecimal: $0) }
    }
    self.init(
      name: name, fingerprint: fingerprint, failedRun: value["failed-run"]?.asString,
      deciding: Set(deciding ?? []))
  }
}

extension Submission.TaskArray {
  /// - Parameter stages: how many stages the submission has.
  fileprivate init?(_ value: Value, stages: Int) {
    guard let name = value["name"]?.asString, let minutes = value["minutes"]?.asInteger,
      let hasPartner = value["has-partner"]?.asBool, let entries = value["tasks"]?.asList
    else { return nil }
    let tasks = entries.compactMap { entry -> Submission.Task? in
      guard let index = entry["index"]?.asInteger, let seconds = entry["seconds"]?.double,
        let positions = entry["stages"]?.asList?.compactMap(\.asInteger),
        positions.allSatisfy((0..<stages).contains)
      else { return nil }
      // Submissions of earlier versions do not say it.
      return Submission.Task(
        index: index, stages: positions, seconds: seconds,
        isCancelled: entry["cancelled"]?.asBool ?? false)
    }
    guard tasks.count == entries.count else { return nil }
    self.init(
      name: name, job: value["job"]?.asInteger, tasks: tasks, minutes: minutes,
      hasPartner: hasPartner)
  }
}
