/// Where the cells of a table's columns stand.
package enum ColumnAlignment: Sendable {
  /// All columns flush left.
  case left
  /// The first flush left, the others, which hold numbers, flush right.
  case numbers
}

/// Lines of cells with two spaces between columns, each as wide as its widest cell; nothing stands after the last
/// cell of a line.
package func alignedColumns(
  _ rows: [[String]], _ alignment: ColumnAlignment = .left
) -> String {
  var widths: [Int] = []
  for row in rows {
    for (column, cell) in row.enumerated() {
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], width(of: cell))
    }
  }
  var text = ""
  for row in rows {
    // Empty cells at the end of a line leave no spaces.
    let last = row.lastIndex { !$0.isEmpty } ?? 0
    for (column, cell) in row.prefix(last + 1).enumerated() {
      let space = String(repeating: " ", count: widths[column] - width(of: cell))
      if column > 0 { text += "  " }
      if alignment == .numbers, column > 0 {
        text += space + cell
      } else {
        text += column == last ? cell : cell + space
      }
    }
    while text.last == " " { text.removeLast() }
    text += "\n"
  }
  return text
}

/// How many columns of a terminal a text takes, wide letters not considered.
private func width(of text: String) -> Int {
  // Most names are ASCII, and a plan may have ten thousand of them.
  let bytes = text.utf8.count
  return text.unicodeScalars.count == bytes ? bytes : text.count
}
