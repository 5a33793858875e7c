import Basics

/// An order in which every stage follows those it reads, and the cycles that prevent one.
struct StageOrder {
  /// Stages that are neither in a cycle nor downstream of one, sources first.
  private(set) var positions: [Int] = []
  /// Each cycle in reading order, starting with its first stage in the file.
  private(set) var cycles: [[Int]] = []

  init(sources: [[Int]]) {
    enum State { case untouched, onPath, ordered, blocked }
    var states = Array(repeating: State.untouched, count: sources.count)
    for start in sources.indices where states[start] == .untouched {
      /// The stages from the start to the current one, and how many of their sources were followed. A path may be as
      /// long as a pipeline, so it is no chain of calls.
      var path = [(position: start, followed: 0)]
      states[start] = .onPath
      while let (position, followed) = path.last {
        if followed < sources[position].count {
          path[path.count - 1].followed += 1
          let source = sources[position][followed]
          if states[source] == .untouched {
            states[source] = .onPath
            path.append((source, 0))
          } else if states[source] == .onPath {
            let first = path.firstIndex { $0.position == source } ?? 0
            cycles.append(StageOrder.fromSmallest(path[first...].map(\.position)))
          }
          continue
        }
        path.removeLast()
        // What is still on the path is a part of a cycle.
        let isOrdered = sources[position].allSatisfy { states[$0] == .ordered }
        states[position] = isOrdered ? .ordered : .blocked
        if isOrdered { positions.append(position) }
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
