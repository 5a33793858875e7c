import Basics

/// How a plan is divided into tasks, and what is asked of Slurm for them. None of it affects results.
package struct ClusterOptions: Hashable, Sendable {
  /// The wanted length of a task in seconds.
  package var taskSeconds: Double
  /// The longest time limit of a job, in minutes; `nil` for that of the partition.
  package var limit: Int?
  /// The processors of a task; `nil` to derive them from the estimates.
  package var processors: Int?
  /// How often a task is requeued at its time limit.
  package var requeues: Int
  /// How many tasks may be queued or running at a time; `nil` for as many as Slurm takes.
  package var mostQueued: Int?
  /// Options of `sbatch` without the leading dashes, passed on as they are: `partition=long`, `exclusive`.
  package var sbatch: [String]
  /// Whether queued tasks are cancelled all of whose stages have changed since.
  package var cancelsObsolete: Bool

  package init(
    taskSeconds: Double = 1800, limit: Int? = nil, processors: Int? = nil, requeues: Int = 50,
    mostQueued: Int? = nil, sbatch: [String] = [], cancelsObsolete: Bool = false
  ) {
    self.taskSeconds = taskSeconds
    self.limit = limit
    self.processors = processors
    self.requeues = requeues
    self.mostQueued = mostQueued
    self.sbatch = sbatch
    self.cancelsObsolete = cancelsObsolete
  }

  /// The value of an option of `sbatch`; empty if it has none.
  func sbatchValue(_ names: String...) -> String? {
    for option in sbatch.reversed() {
      let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if names.contains(String(parts[0])) { return parts.count > 1 ? String(parts[1]) : "" }
    }
    return nil
  }

  /// Options of `sbatch` that this program sets, and what to use instead.
  private static let reserved: [String: String] = [
    "array": "tasks are numbered here", "dependency": "it follows from the stages' inputs",
    "output": "'cambium logs' finds it", "error": "it is written with the output",
    "open-mode": "a requeued task adds to its output", "job-name": "tasks are found by it",
    "signal": "tasks save their work at it", "requeue": "tasks are always requeued",
    "no-requeue": "tasks are always requeued", "time": "use --time-limit",
    "cpus-per-task": "use --cpus", "parsable": "its answer is read here",
    "wrap": "the script is written here", "wait": "use 'cambium run --executor slurm'",
    "test-only": "use --dry-run", "chdir": "it is the folder of the pipeline",
    "kill-on-invalid-dep": "tasks that can never start are removed",
    "nodes": "a task is one process, on one node", "ntasks": "a task is one process, on one node",
  ]

  /// - Throws: `DiagnosticError` for options of `sbatch` that this program sets itself, or that are not of its form.
  package func requirePassable() throws(DiagnosticError) {
    var problems: [Diagnostic] = []
    for option in sbatch {
      let name = String(option.prefix { $0 != "=" })
      if let reason = ClusterOptions.reserved[name] {
        problems.append(.error("--sbatch-\(name) cannot be set: \(reason)"))
      } else if name.isEmpty || option.contains(where: \.isNewline)
        || !name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
      {
        problems.append(
          .error(
            "'--sbatch-\(option)' is not an option of sbatch",
            notes: [.init("write --sbatch-NAME=VALUE, or --sbatch-NAME for a flag")]))
      }
    }
    if !problems.isEmpty { throw DiagnosticError(problems) }
  }
}
