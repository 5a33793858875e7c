import Basics

/// Lines of columns: the first flush left, the others flush right, two spaces between.
package func alignedColumns(_ rows: [[String]]) -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in
    rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
  }
  var text = ""
  for row in rows {
    var line = ""
    for (column, cell) in row.enumerated() {
      let space = String(repeating: " ", count: widths[column] - cell.count)
      line += column == 0 ? cell + space : "  " + space + cell
    }
    while line.last == " " { line.removeLast() }
    text += line + "\n"
  }
  return text
}

/// A text in lines of a width, broken at spaces; further lines are indented.
func wrapped(_ text: String, width: Int = 100, indent: String = "") -> String {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = indent + word
    } else {
      line += line.isEmpty ? String(word) : " \(word)"
    }
  }
  return (lines + [line]).joined(separator: "\n") + "\n"
}

extension String {
  /// With spaces after it, up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

/// The text as one line that cannot drive a terminal.
func line(_ text: String) -> String {
  printable(text).replacing("\n", with: "\\n").replacing("\t", with: " ")
}
