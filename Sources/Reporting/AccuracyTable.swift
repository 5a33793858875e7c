import Basics
import Planning

/// Top-1 accuracy by treatment and n, a panel for each target task.
package struct AccuracyTable: Sendable {
  /// All treatments measured on one target, in the order base, selffer, transfer, random.
  package struct Panel: Sendable {
    package var split: String
    package var target: String
    package var rows: [Row]
  }

  /// One treatment.
  package struct Row: Sendable {
    package var label: String
    package var kind: TreatmentKind
    /// Whether layers come from another task than the target.
    package var crossesTasks: Bool
    package var cells: [Cell]
  }

  /// One treatment at one n.
  package struct Cell: Sendable {
    /// n; 0 for a base network.
    package var depth: Int
    /// Each replicate's accuracy; those that did not train are left out.
    package var accuracies: [Double]
    package var untrained: Int

    /// `nil` where no replicate trained.
    package var mean: Double? {
      accuracies.isEmpty ? nil : accuracies.reduce(0, +) / Double(accuracies.count)
    }
  }

  package var panels: [Panel]

  /// Runs without a score are left out.
  package init(_ results: [RunResult]) {
    var panels: [Panel] = []
    for result in results {
      guard let measure = result.measure else { continue }
      let entry = result.design
      let panel = panels.indexOrAppend(
        where: { $0.split == entry.split && $0.target == entry.target },
        Panel(split: entry.split, target: entry.target, rows: []))
      let row = panels[panel].rows.indexOrAppend(
        where: { $0.label == entry.treatmentLabel },
        Row(
          label: entry.treatmentLabel, kind: entry.kind,
          crossesTasks: entry.source.map { $0 != entry.target } ?? false, cells: []))
      let cell = panels[panel].rows[row].cells.indexOrAppend(
        where: { $0.depth == entry.depth }, Cell(depth: entry.depth, accuracies: [], untrained: 0))
      if result.top1 == nil {
        panels[panel].rows[row].cells[cell].untrained += 1
      } else {
        panels[panel].rows[row].cells[cell].accuracies.append(measure.top1)
      }
    }
    for panel in panels.indices {
      panels[panel].rows.sort { ($0.rank, $0.label) < ($1.rank, $1.label) }
      for row in panels[panel].rows.indices {
        panels[panel].rows[row].cells.sort { $0.depth < $1.depth }
      }
    }
    self.panels = panels
  }
}

extension AccuracyTable.Row {
  /// The paper's order: base, selffer, selffer+, transfer, transfer+, preserved layers, random, the rest.
  fileprivate var rank: Int {
    switch kind {
    case .base: 0
    case .frozen: crossesTasks ? 3 : 1
    case .fineTuned: crossesTasks ? 4 : 2
    case .preserved: crossesTasks ? 6 : 5
    case .random: 7
    case .other: 8
    }
  }
}

extension Array {
  /// The position of the first element that fits, after appending `element` where none does.
  fileprivate mutating func indexOrAppend(
    where fits: (Element) -> Bool, _ element: @autoclosure () -> Element
  ) -> Int {
    if let index = firstIndex(where: fits) { return index }
    append(element())
    return count - 1
  }
}
