import Basics

/// An order in which every stage follows the one it reads, and the cycles that prevent one.
///
/// Each stage reads at most one other, so a walk along sources either ends or closes a cycle.
struct StageOrder {
  /// Stages that are neither in a cycle nor downstream of one, sources first.
  private(set) var positions: [Int] = []
  /// Each cycle in reading order, starting with its first stage in the file.
  private(set) var cycles: [[Int]] = []

  init(sources: [Int?]) {
    enum State { case untouched, onPath, ordered, blocked }
    var states = Array(repeating: State.untouched, count: sources.count)
    for start in sources.indices where states[start] == .untouched {
      var path: [Int] = []
      var current: Int? = start
      while let position = current, states[position] == .untouched {
        states[position] = .onPath
        path.append(position)
        current = sources[position]
      }
      var isBlocked = false
      if let end = current {
        isBlocked = states[end] == .onPath || states[end] == .blocked
        if states[end] == .onPath, let first = path.firstIndex(of: end) {
          cycles.append(StageOrder.fromSmallest(Array(path[first...])))
        }
      }
      for position in path.reversed() {
        states[position] = isBlocked ? .blocked : .ordered
        if !isBlocked { positions.append(position) }
      }
    }
  }

  private static func fromSmallest(_ cycle: [Int]) -> [Int] {
    let start = cycle.indices.min { cycle[$0] < cycle[$1] } ?? 0
    return Array(cycle[start...] + cycle[..<start])
  }

  func reportCycles(among stages: [ExpandedStage], _ context: ReadingContext) {
    for cycle in cycles {
      let names = (cycle + cycle.prefix(1)).map { stages[$0].name }
      guard let first = cycle.first else { continue }
      let message =
        cycle.count == 1
        ? "stage '\(names[0])' depends on itself"
        : "stages depend on each other in a cycle: \(names.joined(separator: " ← "))"
      context.diagnostics.report(
        message, at: stages[first].span,
        notes: cycle.dropFirst().map {
          Diagnostic.Note("'\(stages[$0].name)' is here", at: stages[$0].span)
        })
    }
  }
}
