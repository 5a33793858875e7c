import Basics
import Planning

/// Results of runs that other tools did: a file of comma-separated values with a run a line.
package struct ResultsFile {
  package let results: StudyResults

  /// No more problems than can be read at one go.
  private static let mostProblems = 20

  /// - Parameters:
  ///   - score: the column to take accuracies from; by default the first whose name begins with `top1`.
  ///   - classes: how many classes each run tells apart, where the file does not say.
  /// - Throws: `DiagnosticError` with the places of what is wrong.
  package init(
    _ source: SourceText, name: String, score: String? = nil, classes: Int? = nil
  ) throws(DiagnosticError) {
    let text = try DelimitedText(source)
    guard let heading = text.records.first else {
      throw DiagnosticError("'\(source.name)' is empty: the first line names the columns")
    }
    let columns = try ResultsHeading(heading, of: source.name, score: score)
    guard text.records.count > 1 else {
      throw DiagnosticError(
        "'\(source.name)' has no run",
        notes: [.init("below the line that names columns, a run a line")])
    }
    var problems: [Diagnostic] = []
    var rows: [ResultsRow] = []
    var places: [String: SourceSpan] = [:]
    for record in text.records.dropFirst() {
      var reader = ResultsRowReader(record, heading: columns, classes: classes)
      let row = reader.read()
      problems += reader.problems
      if let row {
        rows.append(row)
        if let earlier = places.updateValue(row.place, forKey: row.result.name) {
          problems.append(
            .error(
              "there are two runs called '\(row.result.name)'", at: row.place,
              notes: [.init("the other one is here", at: earlier)]))
        }
      }
      if problems.count >= ResultsFile.mostProblems { break }
    }
    guard problems.isEmpty else { throw DiagnosticError(problems) }
    let (runs, chance) = ChanceLevel.judge(rows)
    results = StudyResults(
      name: name, origin: "\(source.name), column \(columns.score)", runs: runs, chance: chance)
  }
}

/// What the first line says.
struct ResultsHeading {
  /// The position of each column that is used.
  private(set) var positions: [ResultsColumn: Int] = [:]
  let count: Int
  /// The name of the column that accuracies are taken from.
  let score: String

  init(
    _ heading: [DelimitedText.Field], of file: String, score chosen: String?
  ) throws(DiagnosticError) {
    count = heading.count
    var problems: [Diagnostic] = []
    var scores: [String] = []
    for (position, field) in heading.enumerated() {
      let name = field.text.trimmed
      guard let column = ResultsColumn(name) else {
        var notes = ResultsColumn.notes(on: name)
        if heading.count == 1, name.contains(where: { ";\t".contains($0) }) {
          notes = [.init("fields must be separated by commas")]
        }
        problems.append(
          .error(
            name.isEmpty ? "a column has no name" : "unknown column '\(name)'", at: field.span,
            notes: notes))
        continue
      }
      guard column != .ignored else { continue }
      if positions.updateValue(position, forKey: column) != nil {
        problems.append(
          .error(
            column == .depth
              ? "'n' and 'layers' are two names of one column: give one of them"
              : "there are two columns '\(name)'", at: field.span))
      }
      if case .score(let name) = column { scores.append(name) }
    }
    for (column, name) in [(ResultsColumn.treatment, "treatment"), (.target, "target")]
    where positions[column] == nil && problems.isEmpty {
      problems.append(.error("the file lacks a column '\(name)'", at: heading[0].span))
    }
    if let chosen, !scores.contains(chosen) {
      throw DiagnosticError(
        "'\(file)' has no column '\(chosen)' of accuracies",
        notes: scores.isEmpty ? [] : [.init("there are: \(scores.joined(separator: ", "))")])
    }
    if scores.isEmpty, problems.isEmpty {
      problems.append(
        .error(
          "the file lacks a column of accuracies: its name begins with 'top1'", at: heading[0].span)
      )
    }
    guard problems.isEmpty, let first = scores.first else { throw DiagnosticError(problems) }
    score = chosen ?? first
  }
}

/// A line of the file, but for the judgement whether the run trained.
struct ResultsRow {
  var result: RunResult
  /// Whether the file itself says if the run trained.
  var isJudged: Bool
  /// How many classes the run tells apart, where that is known.
  var classes: Int?
  var place: SourceSpan
}

extension String {
  /// Without white space at both ends.
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
