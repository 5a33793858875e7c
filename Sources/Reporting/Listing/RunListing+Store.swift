import Basics
import Definitions
import Planning

extension RunListing {
  /// The evaluations of a store in the order in which they ran, with the settings in which any two differ.
  package init(_ recorded: RecordedRuns) {
    let runs = recorded.runs
    var columns = [
      Column("run", .label, runs.map { .text($0.name) }),
      Column("pipeline", .label, runs.map { .text($0.pipeline) }),
      Column(
        RunListing.outcomeName, .label,
        runs.map {
          .text($0.didTrain ? RunOutcome.measuredWord : RunOutcome.untrainedWord)
        }),
      Column("treatment", .setting, runs.map { $0.treatment.map(VariableValue.text) }),
      Column("n", .setting, runs.map { $0.depth.map { .number(Double($0)) } }),
    ]
    columns += RunListing.settings(recorded)
    columns.append(Column("seed", .replicate, runs.map { $0.seed.map { .number(Double($0)) } }))
    for (index, name) in RecordedRuns.resultNames.enumerated() {
      columns.append(
        Column(
          name, .result,
          runs.map { run in
            run.results[index].flatMap { $0.isFinite ? .number($0) : nil }
          }))
    }
    self.init(columns, count: runs.count)
  }

  /// A column for each setting that is not the same for all runs, and those of sections that only some have.
  private static func settings(_ recorded: RecordedRuns) -> [Column] {
    // The different sections of each name.
    var used: [String: Set<Int>] = [:]
    var users: [String: Int] = [:]
    for run in recorded.runs {
      for section in run.sections {
        let name = recorded.sections[section].name
        used[name, default: []].insert(section)
        users[name, default: 0] += 1
      }
    }
    var columns: [Column] = []
    for (name, positions) in used.sorted(by: { $0.key < $1.key }) {
      // Whether a run has a source is said by its treatment.
      let isEverywhere = users[name] == recorded.runs.count || name == RecordedRuns.source
      let isSolver = name == SettingKey.solver
      if isEverywhere, positions.count == 1, !isSolver { continue }
      var leaves: [Int: [String: Value]] = [:]
      for position in positions {
        leaves[position] = recorded.sections[position].value.settingLeaves(of: name)
      }
      // The section of each run.
      let sections = recorded.runs.map { run in
        run.sections.first { recorded.sections[$0].name == name }
      }
      let paths = Set(leaves.values.flatMap(\.keys)).sorted()
      for path in paths {
        var values: [Int: VariableValue] = [:]
        for (position, settings) in leaves {
          values[position] = settings[path].map { RunListing.shown($0) }
        }
        let different = Set(positions.map { values[$0] })
        guard different.count > 1 || !isEverywhere || isSolver else { continue }
        columns.append(
          Column(path, .setting, sections.map { section in section.flatMap { values[$0] } }))
      }
    }
    return columns
  }

  /// Digests are shortened, since they only distinguish contents, and shown by the contents' names where these are known.
  static func shown(_ value: Value, names: [String: String] = [:]) -> VariableValue {
    if let text = value.asString, text.utf8.count == 64, Fingerprint(hexadecimal: text) != nil {
      let digest = String(text.prefix(12))
      return .text(names[text].map { "\($0) (\(digest))" } ?? digest)
    }
    return VariableValue(value)
  }
}
