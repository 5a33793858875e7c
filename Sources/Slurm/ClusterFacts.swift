import Basics
import Planning

/// What is known of a cluster before anything is submitted to it.
package struct ClusterFacts: Hashable, Sendable {
  package var nodes: [PartitionNodes]
  /// The number of indices that an array may have.
  package var largestArray: Int

  package init(nodes: [PartitionNodes], largestArray: Int) {
    self.nodes = nodes
    self.largestArray = largestArray
  }

  /// Asks the controller.
  package init(_ controller: SlurmController) throws {
    self.init(nodes: try controller.nodes(), largestArray: try controller.largestArray())
  }
}

extension ClusterFacts {
  /// The nodes of the partitions that jobs with these options go to.
  ///
  /// - Throws: `DiagnosticError` if there is no such partition, or it takes no jobs.
  package func nodes(for options: ClusterOptions) throws(DiagnosticError) -> [PartitionNodes] {
    guard let named = options.sbatchValue("partition") else {
      let found = nodes.filter(\.isDefault)
      guard !found.isEmpty else {
        throw DiagnosticError(
          "the cluster has no default partition: name one with --sbatch-partition",
          notes: [partitionsNote])
      }
      try requireUp(found)
      return found
    }
    var found: [PartitionNodes] = []
    for name in named.split(separator: ",").map(String.init) {
      let own = nodes.filter { $0.partition == name }
      guard !own.isEmpty else {
        throw DiagnosticError("the cluster has no partition '\(name)'", notes: [partitionsNote])
      }
      try requireUp(own)
      found += own
    }
    return found
  }

  private var partitionsNote: Diagnostic.Note {
    .init("its partitions are \(Set(nodes.map(\.partition)).sorted().joined(separator: ", "))")
  }

  private func requireUp(_ nodes: [PartitionNodes]) throws(DiagnosticError) {
    guard let down = nodes.first(where: { !$0.isUp }) else { return }
    throw DiagnosticError("partition '\(down.partition)' takes no jobs: it is not up")
  }

  /// The longest time limit of a job in minutes; `nil` for none.
  ///
  /// - Throws: `DiagnosticError` if the user asks for more than the partition allows.
  package func limit(for options: ClusterOptions) throws(DiagnosticError) -> Int? {
    let own = try nodes(for: options)
    let most = own.contains { $0.limit == nil } ? nil : own.compactMap(\.limit).max()
    guard let asked = options.limit else { return most }
    if let most, asked > most {
      throw DiagnosticError(
        "--time-limit is \(minutesText(asked)), but partition '\(own[0].partition)' allows \(minutesText(most))",
        notes: [.init("stages that take longer resume in another job")])
    }
    return asked
  }

  /// The processors of a task, unless the user states them: at most 8, and those of the partition's largest node.
  package func processors(for options: ClusterOptions) throws(DiagnosticError) -> ProcessorShare {
    if let processors = options.processors { return .fixed(processors) }
    return .atMost(min(8, try nodes(for: options).map(\.processors).max() ?? 8))
  }

  /// Checks that some node has what each task of an array is to have.
  ///
  /// - Throws: `DiagnosticError` that names the stage.
  package func require(
    _ array: JobArray, of plan: Plan, _ options: ClusterOptions
  ) throws(DiagnosticError) {
    let own = try nodes(for: options)
    let stage = plan.stages[array.largest].name
    let partition = Set(own.map(\.partition)).sorted().joined(separator: "', '")
    let processors = own.map(\.processors).max() ?? 0
    guard array.processors <= processors else {
      throw DiagnosticError(
        "a task is to have \(array.processors) processors, but the largest node of partition '\(partition)' has \(processors)",
        notes: [.init("--cpus sets the processors of a task")])
    }
    // Then the user knows better.
    guard options.sbatchValue("mem", "mem-per-cpu") == nil else { return }
    let memory = own.filter { $0.processors >= array.processors }.map(\.memory).max() ?? 0
    guard array.memory <= memory else {
      throw DiagnosticError(
        "the task of stage '\(stage)' is to have \(mebibytes(array.memory)) of memory, but the largest node of partition '\(partition)' has \(mebibytes(memory))",
        notes: [
          .init(
            "a smaller batch needs less; fewer processors (--cpus) run fewer stages at a time; --sbatch-mem=SIZE states another size"
          )
        ])
    }
  }
}

/// `1 minute`, `90 minutes`
func minutesText(_ minutes: Int) -> String { counted(minutes, "minute") }

/// `1.25 GB`
func mebibytes(_ count: Int) -> String { quantity(Double(count) * 1_048_576, unit: "B") }
