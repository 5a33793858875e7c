import Basics
import Planning

/// The first line of a results file.
struct ResultsHeading {
  struct Variable {
    var name: String
    var role: RunVariable.Role
    var position: Int
  }

  /// The position of each known column, by its raw value; `nil` for absent columns.
  private var positions: [Int?] = Array(repeating: nil, count: ResultsColumn.allCases.count)
  private(set) var variables: [Variable] = []
  let count: Int
  /// The column with accuracies.
  let score: String
  let scorePosition: Int
  let scoreName: ScoreName

  func position(_ column: ResultsColumn) -> Int? { positions[column.rawValue] }

  /// - Parameter chosen: the requested column of accuracies; `nil` for the first.
  init(
    _ heading: [DelimitedText.Field], of text: DelimitedText, score chosen: String?
  ) throws(DiagnosticError) {
    count = heading.count
    var problems: [Diagnostic] = []
    var scores: [(name: String, position: Int)] = []
    var names: Set<String> = []
    for (position, field) in heading.enumerated() {
      let name = CSVText.original(text.text(field).trimmed)
      guard !name.isEmpty else {
        problems.append(
          .error(
            "a column has no name", at: text.span(field),
            notes: position == 0
              ? [.init("this may be the index written by pandas: omit it with to_csv(index=False)")]
              : []))
        continue
      }
      let meaning = ColumnMeaning(name)
      guard meaning != .ignored else { continue }
      guard names.insert(name).inserted else {
        problems.append(.error("there are two columns '\(name)'", at: text.span(field)))
        continue
      }
      switch meaning {
      case .known(let column):
        if positions[column.rawValue] != nil {
          problems.append(
            .error(
              "'n' and 'layers' are the same column: give only one",
              at: text.span(field)))
        }
        positions[column.rawValue] = position
      case .score: scores.append((name, position))
      case .variable(let name, let role):
        if variables.contains(where: { $0.name == name }) {
          problems.append(
            .error("there are two columns of the variable '\(name)'", at: text.span(field)))
        }
        variables.append(Variable(name: name, role: role, position: position))
      case .ignored: break
      }
    }
    let place = text.span(heading[0])
    if problems.isEmpty, let first = heading.first, heading.count == 1,
      text.text(first).contains(where: { ";\t".contains($0) })
    {
      throw DiagnosticError(
        "the first line names one column, '\(text.text(first).trimmed)'", at: place,
        notes: [.init("fields must be separated by commas")])
    }
    for (column, name) in [(ResultsColumn.treatment, "treatment"), (.target, "target")]
    where positions[column.rawValue] == nil && problems.isEmpty {
      let near = nearestName(to: name, among: variables.map(\.name))
      problems.append(
        .error(
          "the file lacks a column '\(name)'", at: place,
          notes: near.map { [.init("is that '\($0)' here?")] } ?? []))
    }
    if let chosen, !scores.contains(where: { $0.name == chosen }) {
      throw DiagnosticError(
        "'\(text.source.name)' has no column '\(chosen)' of accuracies",
        notes: scores.isEmpty
          ? [] : [.init("there are: \(scores.map(\.name).joined(separator: ", "))")])
    }
    if scores.isEmpty, problems.isEmpty {
      problems.append(
        .error("the file lacks a column of accuracies: its name begins with 'top1'", at: place))
    }
    if problems.count > ResultsFile.mostProblems {
      let hidden = problems.count - ResultsFile.mostProblems
      problems.removeLast(hidden)
      problems[problems.count - 1].notes.append(.init("and \(grouped(hidden)) more in this line"))
    }
    guard problems.isEmpty, let found = scores.first(where: { chosen ?? $0.name == $0.name })
    else { throw DiagnosticError(problems) }
    (score, scorePosition) = found
    scoreName = ScoreName(found.name)
  }
}
