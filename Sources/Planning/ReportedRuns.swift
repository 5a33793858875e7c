import Basics
import OrderedCollections

/// The distinct runs of a report, with the variables and settings in which comparable runs differ.
package struct ReportedRuns {
  /// A run, and the first of the evaluations that measure it.
  package struct Run {
    /// Its position among the evaluations.
    package var evaluation: Int
    package var entry: ReportEntry
  }

  /// A stage that measures a network.
  package struct Evaluation {
    package var name: String
    package var fingerprint: Fingerprint
    package var work: EvaluateWork

    /// `nil` for a stage of another kind.
    package init?(_ stage: DraftedStage) {
      guard let work = stage.work.evaluation else { return nil }
      name = stage.name
      fingerprint = stage.fingerprint
      self.work = work
    }
  }

  package private(set) var runs: [Run] = []

  /// - Parameter evaluations: in the order of the report.
  package init(of evaluations: [Evaluation]) {
    var candidates = RunCandidate.distinct(evaluations)
    let roles = VariableRoles(candidates)
    for index in candidates.indices {
      candidates[index].entry.variables = roles.variables(of: candidates[index])
    }
    let pools = Dictionary(grouping: candidates.indices, by: { candidates[$0].cell.pool.scope })
      .values.map { DifferingSettings($0, candidates) }
    // A setting that is named anywhere is stated of all runs.
    let named = pools.reduce(into: Set<String>()) { $0.formUnion($1.chosen) }.sorted()
    for pool in pools { pool.add(named, to: &candidates) }
    runs = candidates.map { Run(evaluation: $0.evaluation, entry: $0.entry) }
  }
}

/// A run to be distinguished from others.
struct RunCandidate {
  var evaluation: Int
  var entry: ReportEntry
  var cell: ReportEntry.Cell
  var settings: RunSettings
  /// In the order of the file.
  var variables: OrderedDictionary<String, VariableValue>

  /// Evaluations with equal fingerprints and equal places in the design are one run, with the variables on which all
  /// of them agree.
  static func distinct(_ evaluations: [ReportedRuns.Evaluation]) -> [RunCandidate] {
    struct Identity: Hashable {
      var fingerprint: Fingerprint
      var cell: ReportEntry.Cell
    }
    var candidates: [RunCandidate] = []
    var positions: [Identity: Int] = [:]
    for (index, evaluation) in evaluations.enumerated() {
      let work = evaluation.work
      let variables = work.variables.mapValues { VariableValue($0) }
      let cell = work.design.cell
      let identity = Identity(fingerprint: evaluation.fingerprint, cell: cell)
      if let known = positions[identity] {
        candidates[known].variables = candidates[known].variables.filter {
          variables[$0.key] == $0.value
        }
        continue
      }
      positions[identity] = candidates.count
      candidates.append(
        RunCandidate(
          evaluation: index, entry: work.design, cell: cell, settings: work.settings,
          variables: variables))
    }
    return candidates
  }
}

/// The role of each variable of a report.
private struct VariableRoles {
  private var roles: [String: RunVariable.Role] = [:]

  init(_ runs: [RunCandidate]) {
    var names: OrderedSet<String> = []
    for run in runs { names.formUnion(run.variables.keys) }
    guard !names.isEmpty else { return }
    let cells = Array(Dictionary(grouping: runs, by: \.cell).values)
    for name in names
    where VariableRoles.isInDesign(name, runs) || VariableRoles.isIdentity(name, cells) {
      roles[name] = .label
    }
    // Variables that determine a setting while all others stay the same.
    for name in names where roles[name] == nil {
      let others = names.subtracting([name])
      if cells.contains(where: { VariableRoles.decides(name, in: $0, besides: others) }) {
        roles[name] = .setting
      }
    }
    // Variables that change together: as many as necessary.
    for name in names where roles[name] == nil {
      let settings = names.filter { roles[$0] == .setting }
      if cells.contains(where: { VariableRoles.decides(name, in: $0, besides: settings) }) {
        roles[name] = .setting
      } else {
        roles[name] =
          cells.contains { VariableRoles.repeats(name, in: $0) } ? .replicate : .label
      }
    }
  }

  func variables(of run: RunCandidate) -> [String: RunVariable] {
    var variables: [String: RunVariable] = [:]
    for (name, value) in run.variables {
      variables[name] = RunVariable(value, role: roles[name] ?? .setting)
    }
    return variables
  }

  /// Whether runs of a cell that agree on some variables have different settings for every value of another variable.
  private static func decides(
    _ name: String, in cell: [RunCandidate], besides others: some Sequence<String>
  ) -> Bool {
    let groups = Dictionary(grouping: cell.filter { $0.variables[name] != nil }) { run in
      others.map { run.variables[$0] }
    }
    return groups.values.contains { runs in
      Set(runs.map { $0.variables[name] }).count > 1 && !repeats(name, in: runs)
    }
  }

  /// Whether two runs with equal settings have different values of a variable.
  private static func repeats(_ name: String, in runs: [RunCandidate]) -> Bool {
    var known: [Fingerprint: VariableValue] = [:]
    for run in runs {
      guard let value = run.variables[name] else { continue }
      if known.updateValue(value, forKey: run.settings.fingerprint) ?? value != value {
        return true
      }
    }
    return false
  }

  /// Whether a variable has different values in every cell, like the name of the measured network: it does not
  /// determine which runs belong together.
  private static func isIdentity(_ name: String, _ cells: [[RunCandidate]]) -> Bool {
    let values = cells.map { Set($0.compactMap { $0.variables[name] }) }.filter { !$0.isEmpty }
    return values.count > 1
      && values.reduce(0) { $0 + $1.count } == values.reduce(into: Set()) { $0.formUnion($1) }.count
      && values.contains { $0.count > 1 }
  }

  /// Whether all runs of one place in the design, including seed and division, agree on a variable.
  private static func isInDesign(_ name: String, _ runs: [RunCandidate]) -> Bool {
    var known: [ReportEntry: VariableValue] = [:]
    for run in runs {
      guard let value = run.variables[name] else { continue }
      if known.updateValue(value, forKey: run.entry) ?? value != value { return false }
    }
    return true
  }
}
