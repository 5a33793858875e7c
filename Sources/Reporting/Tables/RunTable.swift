import Basics
import Definitions
import Planning

/// All runs, one per line, for other tools and for `cambium report --results`, which reads it back.
package struct RunTable {
  private let runs: [RunResult]
  /// In column order.
  let variables: [(name: String, role: RunVariable.Role)]

  package init(_ runs: [RunResult]) {
    self.runs = runs
    variables = RunTable.variables(of: runs)
  }

  private static let designColumns = [
    "run", "network", "split", "division", "division_seed", "target", "source", "treatment", "n",
    "seed", "examples", "measured_on",
  ]
  private static let outcomeColumns = [
    "top1", "images", "score", "selected_on_itself", "outcome", "reason",
  ]

  /// The columns of the design, the variables of the study, and the columns of the outcome.
  package var columns: [String] {
    RunTable.designColumns + variables.map { ColumnMeaning.column(of: $0.name, $0.role) }
      + RunTable.outcomeColumns
  }

  /// Comma-separated values (RFC 4180) with a heading line.
  package var csv: ReportFile { ReportFile { try writeCSV($0) } }

  private func writeCSV(_ put: ReportFile.Put) throws {
    var text = CSVText()
    text.add(columns)
    var latest: (variables: RunVariables, values: [Value])?
    for run in runs {
      text.add(fields(run, &latest).map(RunTable.text))
      if let piece = text.takePiece() { try put(piece) }
    }
    try put(text.bytes)
  }

  /// `{"format": 1, "runs": […]}`: one object per run, with the columns as keys.
  package static func json(_ results: StudyResults) -> ReportFile {
    RunTable(results.runs).json(of: results)
  }

  func json(of results: StudyResults) -> ReportFile {
    ReportFile { (json: inout JSONWriter, put) in
      var seen: Set<String> = []
      // Of equal columns, the first.
      let columns = columns.enumerated().filter { seen.insert($0.element).inserted }
        .sorted { $0.element.precedesInUTF8($1.element) }
      json.beginMap()
      json.entry("format", 1)
      json.entry("name", .string(results.name))
      json.entry("origin", .string(results.origin))
      json.key("runs")
      json.beginList()
      var latest: (variables: RunVariables, values: [Value])?
      for run in runs {
        let fields = fields(run, &latest)
        json.nextElement()
        json.beginMap()
        for (position, column) in columns { json.entry(column, fields[position]) }
        json.endMap()
        if let piece = json.takePiece() { try put(piece) }
      }
      json.endList()
      json.endMap()
    }
  }

  /// The variables of some runs: those that determine results, then those that distinguish replicates, then labels,
  /// each by name. A variable with the name of another column states the same as that column.
  private static func variables(
    of runs: [RunResult]
  ) -> [(name: String, role: RunVariable.Role)] {
    var roles: [String: RunVariable.Role] = [:]
    var cells: [Shared<ReportEntry.Cell>: Int] = [:]
    /// The latest values of each cell's variables.
    var seen: [[String: VariableValue]] = []
    var known: [Set<ObjectIdentifier>] = []
    var varying: Set<String> = []
    for run in runs where !run.place.variables.all.isEmpty {
      let cell = cells[run.cell, default: seen.count]
      if cell == seen.count {
        cells[run.cell] = cell
        seen.append([:])
        known.append([])
      }
      guard known[cell].insert(ObjectIdentifier(run.place.variables)).inserted else { continue }
      for (name, variable) in run.place.variables.all {
        if roles[name] != .setting { roles[name] = variable.role }
        let known = seen[cell].updateValue(variable.content, forKey: name)
        if known ?? variable.content != variable.content { varying.insert(name) }
      }
    }
    for (name, role) in roles where role == .label {
      if case .known = ColumnMeaning(name) {
        roles[name] = nil
      } else if !varying.contains(name) {
        // A variable that never differs among replicates may be read back as a setting.
        roles[name] = .setting
      }
    }
    return RunVariable.Role.allCases.flatMap { role in
      roles.filter { $0.value == role }.keys.sorted().map { ($0, role) }
    }
  }

  /// In the order of `columns`; `.null` for values that do not apply or are unknown.
  func fields(_ run: RunResult) -> [Value] {
    var latest: (variables: RunVariables, values: [Value])?
    return fields(run, &latest)
  }

  /// The same.
  ///
  /// - Parameter latest: the variables of the run before, which often are the same.
  private func fields(
    _ run: RunResult, _ latest: inout (variables: RunVariables, values: [Value])?
  ) -> [Value] {
    let design = run.design
    var divisionSeed = Value.null
    let division: String
    switch design.division {
    case .random(let seed):
      division = "random"
      divisionSeed = RunTable.unsigned(seed)
    case .listed: division = "listed"
    case .whole: division = "whole"
    }
    let measure = run.measure
    let (outcome, reason) = run.outcome.words
    let place: [Value] = [
      .string(run.name), RunTable.text(design.network), .string(design.split), .string(division),
      divisionSeed, .string(design.target), RunTable.text(design.source),
      .string(design.kind == .base ? "base" : Treatment(design).label),
      .integer(design.depth), RunTable.unsigned(design.seed),
      design.examples.map(Value.integer) ?? .null, RunTable.text(design.measuredOn),
    ]
    let rule = measure?.rule == Measure.unknownRule ? nil : measure?.rule
    let result: [Value] = [
      measure.map { .number($0.top1) } ?? .null, measure?.images.map(Value.integer) ?? .null,
      RunTable.text(design.score ?? rule), measure.map { .bool($0.isSelectedOnItself) } ?? .null,
      .string(outcome), RunTable.text(reason),
    ]
    if latest?.variables !== run.place.variables {
      let own = run.place.variables.all
      latest = (
        run.place.variables,
        variables.map { own[$0.name].map { RunTable.value($0.content) } ?? .null }
      )
    }
    return place + (latest?.values ?? []) + result
  }

  /// Contents by their names, as in the tables.
  private static func value(_ value: VariableValue) -> Value {
    if case .content(let content) = value { .string(content.name) } else { value.value }
  }

  private static func text(_ text: String?) -> Value { text.map(Value.string) ?? .null }

  /// A seed as a number within the range of JSON integers, otherwise as text.
  private static func unsigned(_ seed: UInt64) -> Value {
    Int(exactly: seed).map(Value.integer) ?? .string("\(seed)")
  }

  private static func text(_ value: Value) -> String {
    switch value {
    case .null: ""
    case .bool(let flag): "\(flag)"
    case .integer(let integer): "\(integer)"
    case .number(let number): "\(number)"
    case .string(let text): text
    case .list, .map: value.json()
    }
  }
}

extension RunOutcome {
  /// Its form in tables, and the explanation.
  var words: (outcome: String, reason: String?) {
    switch self {
    case .measured: (RunOutcome.measuredWord, nil)
    case .atChance: (RunOutcome.untrainedWord, nil)
    case .diverged(let reason): (RunOutcome.divergedWord, reason)
    case .missing(let reason): (RunOutcome.missingWord, reason)
    }
  }

  static let measuredWord = "measured"
  static let untrainedWord = "did-not-train"
  static let divergedWord = "diverged"
  static let missingWord = "missing"
}
