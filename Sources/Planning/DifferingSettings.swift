import Basics

/// The settings in which runs of one scope differ although no variable distinguishes them, for example stages written
/// one by one. Each becomes a variable named by its path.
struct DifferingSettings {
  private let runs: [Int]
  private let candidates: [RunCandidate]
  /// The variables that runs of any treatment state; `nil` if there are only bases.
  private let treatedNames: Set<String>?

  /// - Parameter runs: positions among the candidates.
  init(_ runs: [Int], _ candidates: [RunCandidate]) {
    self.runs = runs
    self.candidates = candidates
    let treated = runs.filter { candidates[$0].entry.kind != .base }
    treatedNames =
      treated.isEmpty
      ? nil
      : treated.reduce(into: []) { $0.formUnion(candidates[$1].entry.variables.settings.keys) }
  }

  /// Adds these variables to the runs of the scope.
  func name(in result: inout [RunCandidate]) {
    let cells = Array(Dictionary(grouping: runs) { candidates[$0].cell }.values)
    let unclear = cells.flatMap { groups(of: $0) }.filter(areMixed)
    guard !unclear.isEmpty else { return }
    let sections = Set(unclear.flatMap(differingSections))
    var known: [Fingerprint: [String: Value]] = [:]
    for run in runs {
      let settings = candidates[run].settings
      if known[settings.fingerprint] == nil {
        known[settings.fingerprint] = settings.leaves(of: sections.union([RunSettings.source]))
      }
    }
    let ambiguous = ambiguousNames
    func value(_ path: String, _ run: Int) -> VariableValue {
      let settings = candidates[run].settings
      guard let value = known[settings.fingerprint]?[path] else { return .text("none") }
      return DifferingSettings.value(value, settings.names, ambiguous)
    }
    var chosen: [String] = []
    for path in paths(known, sections) {
      let isNeeded = unclear.contains { group in
        let parts = Dictionary(grouping: group) { run in chosen.map { value($0, run) } }
        return parts.values.contains { part in
          part.dropFirst().contains { value(path, $0) != value(path, part[0]) }
        }
      }
      if isNeeded { chosen.append(path) }
    }
    for path in chosen {
      for run in runs where !serves(run, whatever: path, value) {
        result[run].entry.variables[path] = RunVariable(value(path, run))
      }
    }
  }

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

  private func areMixed(_ runs: [Int]) -> Bool {
    runs.contains {
      candidates[$0].settings.fingerprint != candidates[runs[0]].settings.fingerprint
    }
  }

  private func differingSections(_ runs: [Int]) -> Set<String> {
    let first = candidates[runs[0]].settings.sections
    var differing: Set<String> = []
    for run in runs.dropFirst() {
      let other = candidates[run].settings.sections
      for name in Set(first.keys).union(other.keys)
      where first[name]?.fingerprint != other[name]?.fingerprint {
        differing.insert(name)
      }
    }
    return differing
  }

  /// Every path in some sections: the run's own settings before those of its source.
  private func paths(
    _ known: [Fingerprint: [String: Value]], _ sections: Set<String>
  ) -> [String] {
    var paths: Set<String> = []
    for leaves in known.values { paths.formUnion(leaves.keys) }
    let isOfSource = { (path: String) in path.hasPrefix("\(RunSettings.source).") }
    return paths.filter { sections.contains($0.firstKey) }.sorted {
      isOfSource($0) == isOfSource($1)
        ? $0.utf8.lexicographicallyPrecedes($1.utf8) : !isOfSource($0)
    }
  }

  /// Whether a base network is the reference for runs with any value of a setting: no other base has a different
  /// value, and the runs with this value copy their layers from networks trained like this base.
  private func serves(
    _ run: Int, whatever path: String, _ value: (String, Int) -> VariableValue
  ) -> Bool {
    guard candidates[run].entry.kind == .base else { return false }
    let own = value(path, run)
    return runs.allSatisfy { other in
      if value(path, other) == own { return true }
      guard candidates[other].entry.kind != .base else { return false }
      return candidates[other].settings.sections[RunSettings.source] == nil
        || value("\(RunSettings.source).\(path)", other) == own
        || path.hasPrefix("\(RunSettings.source).")
    }
  }

  /// The names of several contents: files in different folders.
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

extension String {
  fileprivate var firstKey: String { String(prefix { $0 != "." }) }
}
