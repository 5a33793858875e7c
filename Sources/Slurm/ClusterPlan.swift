import Basics
import Planning

/// A plan divided into job arrays, before anything is submitted.
package struct ClusterPlan: Sendable {
  package let plan: Plan
  package let arrays: [JobArray]
  /// The longest time limit in minutes.
  package let limit: Int?
  /// How many of the stages have an assumed time, since none was measured.
  package let assumed: Int

  /// - Parameters:
  ///   - positions: the stages to be computed.
  ///   - facts: `nil` if the cluster is not known.
  /// - Throws: `DiagnosticError` for options that the cluster does not allow.
  package init(
    _ plan: Plan, stages positions: [Int], options: ClusterOptions, facts: ClusterFacts?
  ) throws(DiagnosticError) {
    let loads = StageLoad.loads(of: plan, at: positions)
    let processors =
      try facts?.processors(for: options) ?? options.processors.map(ProcessorShare.fixed)
      ?? .atMost(8)
    limit = try facts?.limit(for: options) ?? options.limit
    let packing = TaskPacking(loads, seconds: options.taskSeconds, processors: processors)
    arrays = [JobArray](
      of: packing, seconds: options.taskSeconds, processors: processors, limit: limit,
      largestArray: facts?.largestArray ?? 1001)
    self.plan = plan
    assumed = loads.count { !$0.isMeasured }
  }

  /// Processor seconds of all tasks, and the seconds of the longest chain of tasks.
  package var work: Double {
    arrays.reduce(0) { sum, array in
      sum + array.tasks.reduce(0) { $0 + $1.seconds } * Double(array.processors)
    }
  }

  package var longestChain: Double {
    var ends: [TaskNumber: Double] = [:]
    for (position, array) in arrays.enumerated() {
      for task in array.tasks {
        let start = task.needs.compactMap { ends[$0] }.max() ?? 0
        ends[TaskNumber(array: position, index: task.index)] = start + task.seconds
      }
    }
    return ends.values.max() ?? 0
  }

  package var taskCount: Int { arrays.reduce(0) { $0 + $1.tasks.count } }

  package var stageCount: Int {
    arrays.reduce(0) { sum, array in sum + array.tasks.reduce(0) { $0 + $1.stages.count } }
  }

  /// Checks what is known before anything is queued.
  ///
  /// - Parameter disk: the disk of the store.
  /// - Throws: `DiagnosticError`
  package func require(
    _ facts: ClusterFacts, _ options: ClusterOptions, disk: DiskSpace?
  ) throws(DiagnosticError) {
    for array in arrays { try facts.require(array, of: plan, options) }
    try requireTimeToSave()
    guard let disk else { return }
    if disk.isMemory {
      throw DiagnosticError(
        "the store is in the memory of this machine, where no node can see it",
        notes: [.init("--store names a folder that all nodes see")])
    }
    let wanted = arrays.flatMap(\.tasks).flatMap(\.stages).filter { !plan.stages[$0].status.isOpen }
      .reduce(0.0) { $0 + Double(plan.stages[$1].cost?.disk ?? 0) }
    if wanted > Double(disk.free) {
      throw DiagnosticError(
        "the results take \(quantity(wanted, unit: "B")), but the disk of the store has \(quantity(Double(disk.free), unit: "B")) left",
        notes: [
          .init("free some space ('cambium store gc'), or keep the store elsewhere with --store")
        ], cause: .outOfSpace)
    }
  }

  /// Bytes per second at which a state is surely written to a shared disk.
  private static let slowDisk = 5e7

  /// A job that ends before it has saved its work would never get further.
  private func requireTimeToSave() throws(DiagnosticError) {
    for array in arrays {
      let warning = BatchScript.warning(minutes: array.minutes)
      for stage in array.tasks.flatMap(\.stages).map({ plan.stages[$0] })
      where stage.work.training != nil {
        let bytes = Double(stage.cost?.disk ?? 0)
        let seconds = 5 + bytes / ClusterPlan.slowDisk
        guard seconds > Double(warning) else { continue }
        throw DiagnosticError(
          "a time limit of \(minutesText(array.minutes)) leaves \(warning) s to save stage '\(stage.name)', whose state of \(quantity(bytes, unit: "B")) may take \(duration(seconds: seconds))",
          notes: [.init("--time-limit should be at least \(Int((seconds * 4 / 60).rounded(.up)))m")]
        )
      }
    }
  }
}

// MARK: - Text

/// `9 min 07 s`, or from 100 hours `12,345 h`.
private func hours(_ seconds: Double) -> String {
  seconds < 360_000 || seconds >= 1e15
    ? duration(seconds: seconds) : "\(grouped(Int((seconds / 3600).rounded()))) h"
}

extension ClusterPlan {
  /// The table of `--dry-run`.
  package var text: String {
    var rows = [["ARRAY", "TASKS", "STAGES", "AFTER", "LONGEST TASK", "LIMIT", "CPUS", "MEMORY"]]
    for (position, array) in arrays.enumerated() {
      let after = array.predecessors.map { "\($0)" }.joined(separator: ", ")
      rows.append([
        "\(position)", "\(array.tasks.count)",
        "\(array.tasks.reduce(0) { $0 + $1.stages.count })",
        array.partner.map { "\($0), task by task" } ?? (after.isEmpty ? "-" : after),
        hours(array.longest), hours(Double(array.minutes) * 60), "\(array.processors)",
        mebibytes(array.memory),
      ])
    }
    var text = arrays.isEmpty ? "" : alignedColumns(rows)
    text +=
      "\(counted(stageCount, "stage")) in \(counted(taskCount, "task")), \(counted(arrays.count, "array"))"
      + "; \(hours(work)) on one processor, longest chain \(hours(longestChain))\n"
    if assumed > 0 {
      text +=
        "the time of \(counted(assumed, "stage")) is not measured: "
        + "\(quantity(StageLoad.assumedSpeed, unit: "FLOP/s")) on a processor is assumed ('cambium plan --calibrate' measures)\n"
    }
    let open = arrays.flatMap(\.tasks).flatMap(\.stages).count { plan.stages[$0].status.isOpen }
    if open > 0 { text += ClusterPlan.openWords(open) + "\n" }
    return text + Margin.words + "\n"
  }

  /// What is said of stages that may turn out to be cached.
  package static func openWords(_ stages: Int) -> String {
    "\(grouped(stages)) of them run\(stages == 1 ? "s" : "") only if the images, once packed, differ from those of earlier results"
  }

  /// The stages of each task, for `--dry-run`.
  package var taskLines: String {
    arrays.enumerated().flatMap { position, array in
      array.tasks.map { task in
        "\(position)-\(task.index)  "
          + task.stages.map { printable(plan.stages[$0].name) }.joined(separator: ", ") + "\n"
      }
    }.joined()
  }
}

extension ClusterPlan: ValueConvertible {
  /// `{"format": 1, "work-seconds", "longest-chain-seconds", "arrays": [{"processors", "memory-mib", "limit-minutes", "after",
  /// "task-by-task", "tasks": [{"index", "seconds", "stages"}]}]}`
  package var value: Value {
    [
      "format": 1, "work-seconds": .number(work), "longest-chain-seconds": .number(longestChain),
      "arrays": .list(
        arrays.map { array in
          [
            "processors": .integer(array.processors), "memory-mib": .integer(array.memory),
            "limit-minutes": .integer(array.minutes),
            "after": .list(array.predecessors.map(Value.integer)),
            "task-by-task": .bool(array.partner != nil),
            "tasks": .list(
              array.tasks.map { task in
                [
                  "index": .integer(task.index), "seconds": .number(task.seconds),
                  "stages": .list(task.stages.map { .string(plan.stages[$0].name) }),
                ]
              }),
          ]
        }),
    ]
  }
}
