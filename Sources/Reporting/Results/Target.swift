import Planning

/// What runs are compared within: two runs of one target differ in their treatment alone.
package struct Target: Hashable, Sendable {
  package var network: String?
  package var split: String
  package var division: ClassDivision
  package var task: String
  package var seed: UInt64
  package var examples: Int?
  package var measuredOn: String?
  /// What tells replicates apart beyond division and seed, by name.
  package var replicate: [String: VariableValue]

  package init(_ design: ReportEntry) {
    network = design.network
    split = design.split
    division = design.division
    task = design.target
    seed = design.seed
    examples = design.examples
    measuredOn = design.measuredOn
    let isTold = design.variables.contains { $0.value.role == .replicate }
    replicate =
      isTold
      ? design.variables.filter { $0.value.role == .replicate }.mapValues(\.content) : [:]
  }

  /// The target as tables call it, in the notation of the paper's authors: `0B` is task B of halving 0. The
  /// seed of the training follows where it is not 0 or that of the halving.
  package var label: String {
    replicate.isEmpty ? ownLabel : "\(ownLabel), \(replicate.text)"
  }

  private var ownLabel: String {
    guard case .random(let halving) = division else {
      return seed == 0 ? task : "\(task), seed \(seed)"
    }
    let name = task.count <= 2 ? "\(halving)\(task)" : "\(task) of division \(halving)"
    return seed == 0 || seed == halving ? name : "\(name), seed \(seed)"
  }

  /// The task as headings call it: the notation is short, but has to be known.
  package var heading: String {
    guard case .random(let halving) = division else { return "task \(task)" }
    return "task \(task) of division \(halving)"
  }
}
