import Basics
import Planning

/// A listing, or its groups, as text: for people in a terminal, and for other programs.
package struct ListingText {
  private let rows: [[VariableValue?]]
  private let columns: [(name: String, isFraction: Bool)]
  /// What the numbers mean, for tables.
  private var note = ""

  /// The runs of a listing.
  package init(_ listing: RunListing) {
    columns = listing.columns.map { ($0.name, ListingText.isFraction($0.name, $0.role)) }
    rows = (0..<listing.count).map { run in listing.columns.map { $0.values[run] } }
  }

  /// Groups: what their runs share, how many they are, and for each result the mean and the ends of its 95 % interval.
  package init(_ groups: RunGroups) {
    var columns = groups.fields.map { ($0.name, ListingText.isFraction($0.name, $0.role)) }
    columns.append(("runs", false))
    columns.append(("did_not_train", false))
    for result in groups.results {
      let isFraction = ListingText.isFraction(result, .result)
      columns += ["", "_low", "_high"].map { (result + $0, isFraction) }
    }
    columns += [("units", false), ("method", false)]
    self.columns = columns
    note =
      "Means are over runs that trained, with 95 % intervals: Student's t over units, where runs with the same seeds are one unit.\n"
    rows = groups.groups.map { group in
      var row = group.shared
      row.append(.number(Double(group.runs)))
      row.append(.number(Double(group.untrained)))
      for estimate in group.estimates {
        row.append(estimate.map { .number($0.mean) })
        let hasInterval = estimate?.hasInterval ?? false
        row.append(hasInterval ? estimate.map { .number($0.low) } : nil)
        row.append(hasInterval ? estimate.map { .number($0.high) } : nil)
      }
      // All results are of the same runs.
      let estimate = group.estimates.compactMap { $0 }.first
      row.append(estimate.map { .number(Double($0.units)) })
      row.append(estimate.map { .text($0.method.rawValue) })
      return row
    }
  }

  /// Accuracies are fractions, and shown as percentages.
  private static func isFraction(_ name: String, _ role: RunListing.Column.Role) -> Bool {
    role == .result && RunListing.isFraction(name)
  }

  /// What the columns are called. Where two would be called the same, as a variable and the setting that it sets, the
  /// full names.
  private var headings: [String] {
    let headings = columns.map { SettingText($0.name).heading }
    var counts: [String: Int] = [:]
    for heading in headings { counts[heading, default: 0] += 1 }
    return zip(columns, headings).map { counts[$1] == 1 ? $1 : $0.name }
  }

  /// A table with a heading line.
  package var table: String {
    var lines = [
      zip(columns, headings).map { column, heading in
        printable(heading).uppercased() + (column.isFraction ? " %" : "")
      }
    ]
    let texts = columns.map { SettingText($0.name) }
    for row in rows { lines.append(cells(row, texts)) }
    return alignedColumns(lines) + note
  }

  /// A block of lines for each run, one field a line.
  package var long: String {
    let texts = columns.map { SettingText($0.name) }
    let headings = headings
    let width = headings.map(\.count).max() ?? 0
    var text = ""
    for (index, row) in rows.enumerated() {
      if index > 0 { text += "\n" }
      for (column, cell) in cells(row, texts).enumerated() where row[column] != nil {
        let heading = headings[column]
        text += printable(heading) + String(repeating: " ", count: width - heading.count + 2) + cell
        text += columns[column].isFraction ? " %\n" : "\n"
      }
    }
    return text
  }

  private func cells(_ row: [VariableValue?], _ texts: [SettingText]) -> [String] {
    zip(zip(row, columns), texts).map { cell, text in
      guard let value = cell.0 else { return "" }
      guard case .number(let number) = value else { return printable(text.text(value)) }
      if cell.1.isFraction { return fixed(100 * number, decimals: 1) }
      return Int(exactly: number).map { "\($0)" } ?? ListingText.short(number)
    }
  }

  /// Five significant digits.
  private static func short(_ number: Double) -> String {
    guard number.isFinite else { return "\(number)" }
    let magnitude = number.magnitude
    if magnitude >= 1e-3 && magnitude < 1e6 {
      let decimals = magnitude >= 1000 ? 1 : magnitude >= 100 ? 2 : magnitude >= 1 ? 4 : 6
      var text = fixed(number, decimals: decimals)
      while text.last == "0" { text.removeLast() }
      return text.last == "." ? String(text.dropLast()) : text
    }
    return "\(number)"
  }

  /// Comma-separated values with a heading line; accuracies are fractions.
  package var csv: String {
    var text = CSVText()
    text.add(columns.map(\.name))
    for row in rows { text.add(row.map { $0.map { "\($0)" } ?? "" }) }
    return text.text
  }

  /// `{"format": 1, "runs": [{…}]}`: an object for each run or group, with fields that do not apply left out.
  package var json: Value {
    [
      "format": 1,
      "runs": .list(
        rows.map { row in
          var entries: [String: Value] = [:]
          for (column, value) in zip(columns, row) { entries[column.name] = value?.value }
          return .map(entries)
        }),
    ]
  }
}
