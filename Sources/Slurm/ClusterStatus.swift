import ArtifactStore
import Basics
import Planning

/// What is queued and running of a store's submissions, and what has gone without a result.
package struct ClusterStatus: Sendable {
  /// A running task, or tasks of one array that wait in the queue.
  package struct Row: Sendable {
    package var pipeline: String
    /// `12_3`, or `12_[4-8]`.
    package var job: String
    /// Slurm's words, in small letters.
    package var state: String
    package var node: String
    package var reason: String
    package var tasks: Int
    package var stages: Int
    package var finished: Int
    package var start: Double?
    /// When its stages are expected to be done.
    package var end: Double?
    /// Whether the limit comes first, so that it resumes in another job.
    package var resumes: Bool
  }

  /// A task that is neither queued nor running, and has left stages without a result that have not failed.
  package struct Gone: Sendable {
    package var job: String
    package var stages: [String]
    package var output: String
    package var hasStarted: Bool
  }

  package var rows: [Row] = []
  package var gone: [Gone] = []
  /// The tasks that wait or run, by the fingerprints of their stages: `12_3`.
  package var tasks: [Fingerprint: String] = [:]
  /// Why nothing is known of what is queued.
  package var problem: String?

  package var isEmpty: Bool { rows.isEmpty && gone.isEmpty && problem == nil }

  /// - Parameters:
  ///   - queued: what Slurm says of these submissions' jobs.
  ///   - blocked: stages that need one that has failed.
  ///   - now: seconds since 1970.
  package init(
    of submissions: [Submission], queued: [QueuedTask], in store: Store,
    blocked: Set<Fingerprint> = [], now: Double
  ) throws(DiagnosticError) {
    let live = Dictionary(grouping: queued) { $0.name }
    var probe = ArtifactProbe(store)
    for submission in submissions {
      var isFinished: [Bool] = []
      for stage in submission.stages {
        if stage.deciding.isEmpty, case .found = try probe.outputs(for: stage.fingerprint) {
          isFinished.append(true)
        } else {
          isFinished.append(false)
        }
      }
      for (position, array) in submission.arrays.enumerated() {
        let listed = Dictionary(
          (live[array.name] ?? []).map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        /// Those that wait for the same reason are one row.
        var waiting: [String: [Submission.Task]] = [:]
        for task in array.tasks {
          guard let queued = listed[task.index] else {
            let number = TaskNumber(array: position, index: task.index)
            let left = task.stages.filter {
              !isFinished[$0] && !blocked.contains(submission.stages[$0].fingerprint)
                && store.failure(of: submission.stages[$0]) == nil
            }
            if !left.isEmpty, !task.isCancelled {
              gone.append(
                Gone(number, left.map { submission.stages[$0].name }, submission, store))
            }
            continue
          }
          for stage in task.stages {
            tasks[submission.stages[stage].fingerprint] = "\(queued.job)_\(queued.index)"
          }
          guard queued.isRunning else {
            waiting[queued.state + queued.reason, default: []].append(task)
            continue
          }
          rows.append(Row(task, queued, submission, isFinished, now))
        }
        for (_, own) in waiting.sorted(by: { $0.key < $1.key }) {
          guard let queued = own.first.flatMap({ listed[$0.index] }) else { continue }
          rows.append(Row(own, queued, submission, isFinished))
        }
      }
    }
    // What waits for others in vain is not the news.
    rows.sort { ($0.state != "running" ? 1 : 0, $0.job) < ($1.state != "running" ? 1 : 0, $1.job) }
  }

  package init(problem: String) { self.problem = problem }
}

extension ClusterStatus.Gone {
  fileprivate init(
    _ number: TaskNumber, _ stages: [String], _ submission: Submission, _ store: Store
  ) {
    let folder = store.submissionFolder(submission.id)
    self.init(
      job: submission.jobName(of: number) ?? "?", stages: stages,
      output: folder.appending(Submission.outputName(number)).string,
      hasStarted: (try? store.fileSystem.exists(
        folder.appending(Submission.startsName(number)))) == true)
  }
}

extension ClusterStatus.Row {
  /// A running task.
  fileprivate init(
    _ task: Submission.Task, _ queued: QueuedTask, _ submission: Submission, _ isFinished: [Bool],
    _ now: Double
  ) {
    // Nothing is expected of a task that takes longer than it should.
    let expected = queued.start.map { $0 + task.seconds }.flatMap { $0 > now ? $0 : nil }
    self.init(
      pipeline: submission.pipeline, job: "\(queued.job)_\(queued.index)",
      state: queued.state.lowercased(), node: queued.node, reason: "", tasks: 1,
      stages: task.stages.count, finished: task.stages.count { isFinished[$0] },
      start: queued.start, end: expected,
      resumes: expected.flatMap { end in queued.end.map { $0 < end } } ?? false)
  }

  /// Tasks that wait.
  fileprivate init(
    _ tasks: [Submission.Task], _ queued: QueuedTask, _ submission: Submission,
    _ isFinished: [Bool]
  ) {
    let stages = tasks.flatMap(\.stages)
    self.init(
      pipeline: submission.pipeline,
      job: "\(queued.job)_[\(BatchScript.ranges(tasks.map(\.index)))]",
      state: queued.state.lowercased(), node: "", reason: queued.reason, tasks: tasks.count,
      stages: stages.count, finished: stages.count { isFinished[$0] }, start: nil, end: nil,
      resumes: false)
  }
}

// MARK: - Text

extension ClusterStatus {
  /// - Parameter now: seconds since 1970.
  package func text(now: Double) -> String {
    if let problem { return "jobs: unknown (\(printable(problem)))\n" }
    var text = "jobs\n"
    text += alignedColumns(
      rows.map { row in
        var facts: [String] = []
        if row.tasks > 1 { facts.append("\(row.tasks) tasks") }
        facts.append("\(row.finished) of \(counted(row.stages, "stage")) done")
        if let start = row.start { facts.append("for \(duration(seconds: max(0, now - start)))") }
        if let end = row.end {
          facts.append(
            "expected end \(date(seconds: end))" + (row.resumes ? ", over several jobs" : ""))
        }
        let place = row.node.isEmpty ? "(\(row.reason))" : "on \(row.node)"
        return [
          "  " + row.job, printable(row.pipeline), row.state, printable(place),
          facts.joined(separator: ", "),
        ]
      })
    for task in gone.prefix(5) {
      let names =
        task.stages.prefix(3).joined(separator: ", ") + (task.stages.count > 3 ? ", …" : "")
      text +=
        printable(
          "  \(task.job) ended without a result of \(names)"
            + (task.hasStarted
              ? " (output: \(task.output))"
              : "; it never started: all nodes have to see the store and the program (output: \(task.output))")
        ) + "\n"
    }
    if gone.count > 5 { text += "  and \(gone.count - 5) others\n" }
    if !gone.isEmpty { text += "  submitting again computes what is missing\n" }
    return text
  }
}

extension ClusterStatus: ValueConvertible {
  /// `{"jobs": [{"job", "pipeline", "state", "node", "reason", "tasks", "stages", "finished", "start", "expected-end",
  /// "over-several-jobs"}], "gone": [{"job", "stages", "output", "has-started"}], "problem"}`
  package var value: Value {
    [
      "jobs": .list(
        rows.map {
          [
            "job": .string($0.job), "pipeline": .string($0.pipeline), "state": .string($0.state),
            "node": .string($0.node), "reason": .string($0.reason), "tasks": .integer($0.tasks),
            "stages": .integer($0.stages), "finished": .integer($0.finished),
            "start": $0.start.map(Value.number) ?? .null,
            "expected-end": $0.end.map(Value.number) ?? .null,
            "over-several-jobs": .bool($0.resumes),
          ]
        }),
      "gone": .list(
        gone.map {
          [
            "job": .string($0.job), "stages": .list($0.stages.map(Value.string)),
            "output": .string($0.output), "has-started": .bool($0.hasStarted),
          ]
        }), "problem": problem.map(Value.string) ?? .null,
    ]
  }
}
