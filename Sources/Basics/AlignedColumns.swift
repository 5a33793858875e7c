/// The alignment of a table's cells.
package enum ColumnAlignment: Sendable {
  /// All columns left-aligned.
  case left
  /// The first left-aligned, the others, which contain numbers, right-aligned.
  case numbers
}

/// Lines of cells with two spaces between columns, each as wide as its widest cell; lines have no trailing spaces.
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
    // Empty cells at the end of a line produce no spaces.
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

/// The number of terminal columns of a text, ignoring wide characters.
private func width(of text: String) -> Int {
  // Most names are ASCII, and a plan may have ten thousand of them.
  let bytes = text.utf8.count
  return text.unicodeScalars.count == bytes ? bytes : text.count
}
