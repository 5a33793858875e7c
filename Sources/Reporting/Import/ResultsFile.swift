import Basics
import Planning

/// Results of other tools: a file of comma-separated values with one run per line.
package struct ResultsFile {
  package let results: StudyResults
  /// The names of columns that were read as variables that determine results.
  package let variables: [String]
  /// Variables that differ in every run, such as a time: each run is an experiment of its own.
  package let alwaysDiffering: [String]

  /// The maximum size of a results file in bytes: several million runs.
  package static let mostBytes = 512 << 20

  /// The number of problems that a reader can take in at once.
  static let mostProblems = 20

  /// - Parameters:
  ///   - score: the column with accuracies; by default the first whose name begins with `top1`.
  ///   - classes: the number of classes each run distinguishes, if the file does not state it.
  /// - Throws: `DiagnosticError` with the locations of the problems.
  package init(
    _ source: SourceText, name: String, score: String? = nil, classes: Int? = nil
  ) throws(DiagnosticError) {
    var text = DelimitedText(source)
    var record: [DelimitedText.Field] = []
    guard try text.next(&record) else {
      throw DiagnosticError("'\(source.name)' is empty: the first line names the columns")
    }
    let heading = try ResultsHeading(record, of: text, score: score)
    var problems: [Diagnostic] = []
    var rows: [ResultsRow] = []
    var places: [String: DelimitedText.Field] = [:]
    var reader = ResultsRowReader(heading: heading, text: text, classes: classes)
    let areNamed = heading.position(.run) != nil
    while try text.next(&record) {
      if let row = reader.read(record) {
        if areNamed, let earlier = places.updateValue(row.place, forKey: row.result.name) {
          reader.problems.append(
            .error(
              "there are two runs called '\(row.result.name)'", at: text.span(row.place),
              notes: [.init("the other one is here", at: text.span(earlier))]))
        }
        rows.append(row)
      }
      problems += reader.problems
      reader.problems = []
      if problems.count >= ResultsFile.mostProblems { break }
    }
    if let last = problems.indices.last {
      let hidden =
        reader.problemCounts.values.reduce(0, +)
        - reader.problemCounts.values.reduce(0) {
          $0 + min($1, ResultsRowReader.mostOfColumn)
        }
      if hidden > 0 {
        problems[last].notes.append(
          .init(
            "and \(grouped(hidden)) more in the same column\(reader.problemCounts.count == 1 ? "" : "s")"
          ))
      }
      throw DiagnosticError(problems)
    }
    guard !rows.isEmpty else {
      throw DiagnosticError(
        "'\(source.name)' has no run",
        notes: [.init("after the line that names the columns, each line is a run")])
    }
    ResultsFile.completeScores(&rows)
    alwaysDiffering = heading.variables.filter { variable in
      guard variable.role == .setting, rows.count > 3 else { return false }
      var seen: Set<VariableValue?> = []
      return rows.allSatisfy {
        seen.insert($0.result.settings.value.values[variable.name]).inserted
      }
    }.map(\.name)
    let (runs, chance) = ChanceLevel.judge(rows)
    variables = heading.variables.filter { $0.role == .setting }.map(\.name)
    results = StudyResults(
      name: name, origin: "\(source.name), column \(heading.score)", runs: runs, chance: chance)
  }

  /// A line without a result need not state the rule of its score if all others agree.
  private static func completeScores(_ rows: inout [ResultsRow]) {
    var known: Set<String> = []
    for row in rows {
      if let score = row.result.design.score { known.insert(score) }
    }
    guard known.count == 1, let score = known.first else { return }
    for index in rows.indices where rows[index].result.measure == nil {
      rows[index].result.design.score = score
    }
  }
}

/// A line of the file, before it is decided whether the run trained.
struct ResultsRow {
  var result: RunResult
  /// Whether the file states if the run trained.
  var isJudged: Bool
  /// The number of classes the run distinguishes, if known.
  var classes: Int?
  var place: DelimitedText.Field
}

extension String {
  /// Without leading and trailing white space.
  var trimmed: String {
    // Most fields have no white space at either end; checking this first is faster than asking Unicode.
    let plain = UInt8(ascii: "!")...UInt8(ascii: "~")
    if let first = utf8.first, let last = utf8.last, plain ~= first, plain ~= last { return self }
    guard first?.isWhitespace == true || last?.isWhitespace == true else { return self }
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
