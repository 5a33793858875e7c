import Basics

extension AccuracyTable {
  /// The table for a terminal: a column for each n, percentages, replicates averaged.
  package var text: String {
    var text = panels.map(\.text).joined(separator: "\n")
    if selected > 0 {
      text +=
        "! \(selected) score(s) are of the measurements that were best on the images they tell of: "
        + "new images would give less\n"
    }
    return text
  }
}

extension AccuracyTable.Panel {
  fileprivate var text: String {
    let depths = Set(rows.flatMap(\.cells).map(\.depth)).sorted()
    let heading = ["treatment"] + depths.map { $0 == 0 ? "base" : "n=\($0)" }
    let body = rows.map { row in
      [row.label]
        + depths.map { depth in row.cells.first { $0.depth == depth }?.text ?? "" }
    }
    var text = "top-1 accuracy on \(target) (split \(split)), %\n"
    text += alignedColumns([heading] + body)
    let replicates = rows.flatMap(\.cells).map(\.accuracies.count).max() ?? 0
    if replicates > 1 { text += "means of up to \(replicates) runs\n" }
    let untrained = rows.flatMap(\.cells).reduce(0) { $0 + $1.untrained }
    if untrained > 0 {
      text += "✗ did not train: \(untrained) run(s) ended at chance and are left out of the means\n"
    }
    return text
  }
}

extension AccuracyTable.Cell {
  fileprivate var text: String {
    (mean.map { fixed(100 * $0, decimals: 1) } ?? "") + (untrained > 0 ? "✗" : "")
  }
}

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
