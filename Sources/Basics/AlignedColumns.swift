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
  /// Those of the cells, row by row.
  var own: [Int] = []
  var capacity = 0
  for row in rows {
    for (column, cell) in row.enumerated() {
      let width = width(of: cell)
      own.append(width)
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], width)
      capacity += cell.utf8.count - width
    }
    capacity += 1
  }
  capacity += rows.reduce(0) { capacity, row in
    capacity + row.indices.reduce(0) { $0 + widths[$1] + 2 }
  }
  // Bytes are faster than characters, and a plan may have ten thousand lines.
  return String(unsafeUninitializedCapacity: capacity) { buffer in
    var text = TextBuffer(buffer)
    var index = 0
    for row in rows {
      let start = text.count
      for (column, cell) in row.enumerated() {
        let padding = widths[column] - own[index]
        index += 1
        if column > 0 { text.add(spaces: 2) }
        if alignment == .numbers, column > 0 { text.add(spaces: padding) }
        text.add(cell)
        if alignment == .left || column == 0 { text.add(spaces: padding) }
      }
      text.endLine(from: start)
    }
    return text.count
  }
}

/// Text that is written to memory of sufficient size.
private struct TextBuffer {
  private static let space = UInt8(ascii: " ")

  private let buffer: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

  mutating func add(spaces: Int) {
    buffer[count..<count + spaces].update(repeating: TextBuffer.space)
    count += spaces
  }

  mutating func add(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      _ = UnsafeMutableBufferPointer(rebasing: buffer[count..<count + bytes.count])
        .update(fromContentsOf: bytes)
      count += bytes.count
    }
  }

  /// Ends a line that began at `start`, without spaces at its end.
  mutating func endLine(from start: Int) {
    while count > start, buffer[count - 1] == TextBuffer.space { count -= 1 }
    buffer[count] = UInt8(ascii: "\n")
    count += 1
  }
}

/// The number of terminal columns of a text, ignoring wide characters.
private func width(of text: String) -> Int {
  // Most names are ASCII, and a plan may have ten thousand of them.
  text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.count
}
