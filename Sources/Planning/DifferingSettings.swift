import Basics
import Definitions

/// The settings in which comparable runs differ although no variable distinguishes them, for example stages written
/// one by one. Each becomes a variable named by its path; solvers that differ in more than one setting are distinguished by
/// their names in the file, as `solver`.
struct DifferingSettings {
  /// The settings to name.
  private(set) var chosen: [String] = []

  private let runs: [Int]
  private let candidates: [RunCandidate]
  /// The variables that runs of any treatment state; `nil` if there are only bases.
  private let treatedNames: Set<String>?
  /// The runs of each experiment's scope: a limit on examples makes another one.
  private let scopes: [ReportEntry.Scope: [Int]]
  /// Values by their paths, for each of the different settings.
  private typealias Known = [Fingerprint: [String: VariableValue]]
  /// The names of several contents: files in different folders.
  private var ambiguous: Set<String> = []

  /// - Parameter runs: positions among the candidates, of one pool: see `ReportEntry.Cell.pool`.
  init(_ runs: [Int], _ candidates: [RunCandidate]) {
    self.runs = runs
    self.candidates = candidates
    let treated = runs.filter { candidates[$0].entry.kind != .base }
    treatedNames =
      treated.isEmpty
      ? nil
      : treated.reduce(into: []) { $0.formUnion(candidates[$1].entry.variables.settings.keys) }
    scopes = Dictionary(grouping: runs) { candidates[$0].cell.scope }
    ambiguous = ambiguousNames
    choose()
  }

  private mutating func choose() {
    var unclear: [Group] = []
    for cell in Dictionary(grouping: runs, by: { candidates[$0].cell.pool }).values {
      unclear += groups(of: cell).map { Group($0, apart: []) }
    }
    // Phases are compared with training at once, which other lengths and rates of steps are part of.
    for cell in Dictionary(grouping: runs, by: { candidates[$0].cell.atOnce }).values
    where Set(cell.map { candidates[$0].cell.phases }).count > 1 {
      unclear += groups(of: cell).map { Group($0, apart: Group.ofPhases) }
    }
    let differing = unclear.map(differingSections)
    let sections = differing.reduce(into: Set<String>()) { $0.formUnion($1) }
    guard !sections.isEmpty else { return }
    // A solver is read in any case: another run may be named by its own.
    let read = sections.union([RunSettings.source, SettingKey.solver])
    var known = known { settings in
      settings.leaves(of: read).mapValues {
        DifferingSettings.value($0, settings.names, ambiguous)
      }
    }
    var paths = known.values.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
      .filter { sections.contains($0.firstKey) }
    let solvers = solvers(among: paths, known)
    for solver in solvers {
      paths = paths.filter { !$0.hasPrefix("\(solver).") }
      paths.insert(solver)
    }
    known.merge(values(solvers)) { $0.merging($1) { $1 } }
    func value(_ path: String, of run: Int) -> VariableValue {
      known[candidates[run].settings.fingerprint]?[path] ?? .text("none")
    }
    for path in DifferingSettings.ordered(paths) {
      let isNeeded = zip(unclear, differing).contains { group, differing in
        guard differing.contains(path.firstKey) else { return false }
        let parts = Dictionary(grouping: group.runs) { run in chosen.map { value($0, of: run) } }
        return parts.values.contains { part in
          part.dropFirst().contains { value(path, of: $0) != value(path, of: part[0]) }
        }
      }
      if isNeeded { chosen.append(path) }
    }
  }

  /// Runs that the report has to distinguish.
  private struct Group {
    var runs: [Int]
    /// Settings in which they may differ, by the beginnings of their paths.
    var apart: Set<String>

    static let ofPhases: Set<String> = [
      RunSettings.phases, "layers", "\(SettingKey.solver).length", "\(SettingKey.solver).rate",
    ]

    init(_ runs: [Int], apart: Set<String>) {
      self.runs = runs
      self.apart = apart
    }
  }

  // MARK: - Variables

  /// Adds some of these variables, or those of other pools, to the runs.
  func add(_ paths: [String], to result: inout [RunCandidate]) {
    let known = values(paths)
    var named: [Int: [String: VariableValue]] = [:]
    for path in paths {
      // A variable of the file keeps its name.
      guard !runs.contains(where: { candidates[$0].entry.variables[path] != nil }) else { continue }
      let references = References(
        path, scopes, candidates, known, sources: values(["\(RunSettings.source).\(path)"]))
      for run in runs where !references.serves(run) {
        named[run, default: [:]][path] = known[candidates[run].settings.fingerprint]?[path]
      }
      if path == SettingKey.solver { nameAsAtOnce(&named, known) }
    }
    for (run, values) in named {
      result[run].entry.variables.merge(values.mapValues { RunVariable($0) }) { own, _ in own }
    }
    relabelNames(of: named, in: &result)
  }

  /// Gives runs in phases the solver of runs at once, if one is theirs but for what phases divide.
  private func nameAsAtOnce(_ named: inout [Int: [String: VariableValue]], _ known: Known) {
    guard runs.contains(where: { candidates[$0].cell.phases != nil }) else { return }
    let excused = Group.ofPhases
    let rests = Dictionary(
      runs.map { run in
        let settings = candidates[run].settings
        return (settings.fingerprint, settings.leaves(of: [SettingKey.solver], without: excused))
      }, uniquingKeysWith: { first, _ in first })
    var whole: [[String: Value]: Set<VariableValue>] = [:]
    for run in runs where candidates[run].cell.phases == nil && candidates[run].entry.kind != .base
    {
      let settings = candidates[run].settings.fingerprint
      guard let rest = rests[settings], let solver = known[settings]?[SettingKey.solver] else {
        continue
      }
      whole[rest, default: []].insert(solver)
    }
    for run in runs where candidates[run].cell.phases != nil {
      guard let rest = rests[candidates[run].settings.fingerprint], let solvers = whole[rest],
        solvers.count == 1, let solver = solvers.first
      else { continue }
      named[run]?[SettingKey.solver] = solver
    }
  }

  /// A variable whose values are the names of solvers says what `solver` says.
  private func relabelNames(
    of named: [Int: [String: VariableValue]], in result: inout [RunCandidate]
  ) {
    let variables = runs.reduce(into: Set<String>()) {
      $0.formUnion(candidates[$1].entry.variables.settings.keys)
    }
    for name in variables {
      let stating = runs.filter { candidates[$0].entry.variables[name] != nil }
      let repeats = stating.allSatisfy { run in
        guard let solver = named[run]?[SettingKey.solver],
          let own = candidates[run].entry.variables[name]?.content
        else { return false }
        return "\(solver)" == "\(own)"
      }
      guard repeats else { continue }
      for run in stating { result[run].entry.variables[name]?.role = .label }
    }
  }

  private func known(_ values: (RunSettings) -> [String: VariableValue]) -> Known {
    var known: Known = [:]
    for run in runs {
      let settings = candidates[run].settings
      if known[settings.fingerprint] == nil { known[settings.fingerprint] = values(settings) }
    }
    return known
  }

  /// The values at some paths: `none` for what is not set, and nothing where there is no source or no earlier phase, as of
  /// a base.
  private func values(_ paths: [String]) -> Known {
    known { settings in
      let leaves = settings.leaves(
        of: Set(paths.filter { !SettingPath.isSolver($0) }.map(\.firstKey)))
      var values: [String: VariableValue] = [:]
      for path in paths {
        if SettingPath.isSolver(path) {
          values[path] = settings.solver(at: path).map { VariableValue(named: $0, settings.names) }
        } else {
          values[path] = leaves[path].map {
            DifferingSettings.value($0, settings.names, ambiguous)
          }
        }
        let isPart = [RunSettings.source, RunSettings.phases].contains(path.firstKey)
        if values[path] == nil, !isPart || settings.sections[path.firstKey] != nil {
          values[path] = .text("none")
        }
      }
      return values
    }
  }

  // MARK: - Runs to distinguish

  /// Runs of a cell that agree on all variables stated by each of them; for bases, only variables that runs of some
  /// treatment state.
  private func groups(of cell: [Int]) -> [[Int]] {
    let settings = cell.map { candidates[$0].entry.variables.settings }
    var common = Set(settings.first.map { Array($0.keys) } ?? [])
    for known in settings { common.formIntersection(known.keys) }
    if candidates[cell[0]].entry.kind == .base, let treatedNames {
      common.formIntersection(treatedNames)
    }
    let names = common.sorted()
    var groups: [[VariableValue?]: [Int]] = [:]
    for (run, known) in zip(cell, settings) {
      groups[names.map { known[$0] }, default: []].append(run)
    }
    return Array(groups.values)
  }

  private func differingSections(_ group: Group) -> Set<String> {
    guard let first = group.runs.first.map({ candidates[$0].settings }) else { return [] }
    var differing: Set<String> = []
    var seen: Set<Fingerprint> = [first.fingerprint]
    for run in group.runs.dropFirst()
    where seen.insert(candidates[run].settings.fingerprint).inserted {
      let other = candidates[run].settings
      for name in Set(first.sections.keys).union(other.sections.keys)
      where first.sections[name]?.fingerprint != other.sections[name]?.fingerprint {
        if differing.contains(name) || group.apart.contains(name) { continue }
        if group.apart.contains(where: { $0.hasPrefix("\(name).") }),
          first.leaves(of: [name], without: group.apart)
            == other.leaves(of: [name], without: group.apart)
        {
          continue
        }
        differing.insert(name)
      }
    }
    return differing
  }

  // MARK: - Paths

  /// The run's own settings before those of its source, solvers and the most telling settings of them first.
  private static func ordered(_ paths: Set<String>) -> [String] {
    func rank(_ path: String) -> (Int, Int, String) {
      let isOfSource = path.hasPrefix("\(RunSettings.source).")
      let place =
        SettingPath.isSolver(path)
        ? -1 : telling.firstIndex { path.hasSuffix($0) } ?? telling.count
      return (isOfSource ? 1 : 0, place, path)
    }
    return paths.sorted {
      let (first, second) = (rank($0), rank($1))
      if first.0 != second.0 { return first.0 < second.0 }
      if first.1 != second.1 { return first.1 < second.1 }
      return first.2.utf8.lexicographicallyPrecedes(second.2.utf8)
    }
  }

  private static let telling = [
    "solver.rule", "solver.rate.start", "solver.length.epochs", "solver.length.iterations",
    "solver.toward-source", "solver.label-smoothing", "solver.layer-decay", "solver.precision",
  ]

  /// The solvers that differ in more than one setting, if each has a name of its own, and no variable has theirs.
  private func solvers(among paths: Set<String>, _ known: Known) -> [String] {
    let prefixes = Set(
      paths.compactMap { path in
        path.firstRange(of: "\(SettingKey.solver).").map {
          String(path[..<$0.upperBound].dropLast())
        }
      }
    ).filter(SettingPath.isSolver)
    return prefixes.sorted().filter { prefix in
      guard !runs.contains(where: { candidates[$0].entry.variables[prefix] != nil }) else {
        return false
      }
      let differing = paths.count { path in
        guard path.hasPrefix("\(prefix).") else { return false }
        // A run without this solver, as a base without a source, does not differ in its settings.
        let values = known.values.filter { $0["\(prefix).rule"] != nil }.map { $0[path] }
        return values.dropFirst().contains { $0 != values[0] }
      }
      guard differing > 1 else { return false }
      var digests: [String: VariableValue] = [:]
      return values([prefix]).values.allSatisfy { values in
        guard let solver = values[prefix] else { return true }
        return digests.updateValue(solver, forKey: "\(solver)") ?? solver == solver
      }
    }
  }

  /// The bases that are the reference for runs with any value of a setting.
  private final class References {
    private struct Key: Hashable {
      var scope: ReportEntry.Scope
      var value: VariableValue?
    }

    private let path: String
    private let scopes: [ReportEntry.Scope: [Int]]
    private let candidates: [RunCandidate]
    private let known: Known
    /// Values of the networks that layers come from.
    private let sources: Known
    /// The same for all bases of a scope with one value.
    private var found: [Key: Bool] = [:]

    init(
      _ path: String, _ scopes: [ReportEntry.Scope: [Int]], _ candidates: [RunCandidate],
      _ known: Known, sources: Known
    ) {
      self.path = path
      self.scopes = scopes
      self.candidates = candidates
      self.known = known
      self.sources = sources
    }

    /// Whether a run is such a base: no other base has a different value, and the runs with this value copy their layers
    /// from networks trained like this base.
    func serves(_ run: Int) -> Bool {
      guard candidates[run].entry.kind == .base else { return false }
      func value(_ run: Int) -> VariableValue? {
        known[candidates[run].settings.fingerprint]?[path]
      }
      let own = value(run)
      let key = Key(scope: candidates[run].cell.scope, value: own)
      if let found = found[key] { return found }
      let isOfSource = path.hasPrefix("\(RunSettings.source).")
      var differs = false
      let agrees = (scopes[key.scope] ?? []).allSatisfy { other in
        if value(other) == own { return true }
        differs = true
        guard candidates[other].entry.kind != .base else { return false }
        let settings = candidates[other].settings
        return isOfSource || settings.sections[RunSettings.source] == nil
          || sources[settings.fingerprint]?["\(RunSettings.source).\(path)"] == own
      }
      // Where nothing differs, the base has its value as others do.
      found[key] = agrees && differs
      return agrees && differs
    }
  }

  private var ambiguousNames: Set<String> {
    var digests: [String: Set<String>] = [:]
    for run in runs {
      for (digest, name) in candidates[run].settings.names {
        digests[name, default: []].insert(digest)
      }
    }
    return Set(digests.filter { $0.value.count > 1 }.keys)
  }

  /// Digests are shortened, since they only distinguish contents, and shown by name.
  private static func value(
    _ value: Value, _ names: [String: String], _ ambiguous: Set<String>
  ) -> VariableValue {
    guard let text = value.asString, text.utf8.count == 64, Fingerprint(hexadecimal: text) != nil
    else { return VariableValue(value) }
    let digest = String(text.prefix(12))
    guard let name = names[text] else { return .text(digest) }
    return .content(
      NamedContent(digest: digest, name: ambiguous.contains(name) ? "\(name) (\(digest))" : name))
  }
}

extension VariableValue {
  /// A solver, equal to others by its settings, and shown by its name.
  fileprivate init(named solver: Value, _ names: [String: String]) {
    let digest = solver.fingerprint
    let short = String(digest.hexadecimal.prefix(12))
    self = .content(NamedContent(digest: short, name: names[digest.hexadecimal] ?? short))
  }
}

extension RunSettings {
  /// Settings whose paths do not begin like some.
  fileprivate func leaves(of names: Set<String>, without: Set<String>) -> [String: Value] {
    leaves(of: names).filter { leaf in
      !without.contains { leaf.key == $0 || leaf.key.hasPrefix("\($0).") }
    }
  }

  /// The settings of a solver by its path: `solver`, `source.solver`, `phases.0.solver`.
  fileprivate func solver(at path: String) -> Value? {
    var parts = path.split(separator: ".")[...]
    guard var value = parts.popFirst().flatMap({ sections[String($0)]?.value }) else { return nil }
    for part in parts {
      let next = Int(part).flatMap { index in
        value.asList.flatMap { $0.indices.contains(index) ? $0[index] : nil }
      }
      guard let inner = next ?? value[String(part)] else { return nil }
      value = inner
    }
    return value
  }
}

extension String {
  fileprivate var firstKey: String { String(prefix { $0 != "." }) }
}
