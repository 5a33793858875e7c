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
  // Bytes are faster than characters, and a plan may have ten thousand lines.
  let space = UInt8(ascii: " ")
  var text: [UInt8] = []
  for row in rows {
    for (column, cell) in row.enumerated() {
      let padding = repeatElement(space, count: widths[column] - width(of: cell))
      if column > 0 { text += [space, space] }
      if alignment == .numbers, column > 0 {
        text += padding
        text += cell.utf8
      } else {
        text += cell.utf8
        text += padding
      }
    }
    while text.last == space { text.removeLast() }
    text.append(UInt8(ascii: "\n"))
  }
  return String(decoding: text, as: UTF8.self)
}

/// The number of terminal columns of a text, ignoring wide characters.
private func width(of text: String) -> Int {
  // Most names are ASCII, and a plan may have ten thousand of them.
  text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.count
}
