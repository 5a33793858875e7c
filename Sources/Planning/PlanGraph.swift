import Basics
import OrderedCollections
import PipelineLanguage

/// A plan as a graph: stages, or sweeps of stages, and their connections.
package struct PlanGraph: Sendable {
  /// A stage, or all stages of a sweep.
  package struct Node: Hashable, Sendable {
    /// The name of a stage, or of a sweep with its values in braces: `A{1..3}B`.
    package var name: String
    package var kind: StageKind
    /// The number of stages it represents, how many of them are cached, and of how many it is open whether they run.
    package var count: Int
    package var cached: Int
    package var open = 0
  }

  /// A connection between two nodes, by their positions.
  package struct Edge: Hashable, Sendable {
    package var from: Int
    package var to: Int

    package init(from: Int, to: Int) {
      self.from = from
      self.to = to
    }
  }

  package var nodes: [Node] = []
  package var edges: OrderedSet<Edge> = []

  /// - Parameter expanded: gives each stage of a sweep its own node.
  package init(of plan: Plan, expanded: Bool = false) {
    var positions: [String: Int] = [:]
    var sweeps: [SweepKey: Int] = [:]
    var members: [[PlannedStage]] = []
    for stage in plan.stages {
      let key = expanded ? nil : stage.sweep.map { SweepKey($0.template, stage.kind) }
      let position = key.flatMap { sweeps[$0] } ?? members.count
      if position == members.count { members.append([]) }
      if let key { sweeps[key] = position }
      members[position].append(stage)
      positions[stage.name] = position
      var inputs = stage.inputs
      // A report also reads the evaluated networks; an arrow for these would add no information.
      if case .report(let report) = stage.work.result {
        inputs = report.runs.map(\.evaluation) + report.analyses.map(\.result)
      }
      for input in inputs {
        guard let from = positions[input.stage] else {
          preconditionFailure("a plan holds every stage after its inputs")
        }
        edges.append(Edge(from: from, to: position))
      }
    }
    nodes = members.map { stages in
      Node(
        name: PlanGraph.name(of: stages), kind: stages[0].kind, count: stages.count,
        cached: stages.count { $0.status == .cached },
        open: stages.count { $0.status.isOpen })
    }
  }

  private struct SweepKey: Hashable {
    var template: String
    var kind: StageKind

    init(_ template: String, _ kind: StageKind) {
      self.template = template
      self.kind = kind
    }
  }

  /// The common name of stages from one template, with their differences in braces.
  private static func name(of stages: [PlannedStage]) -> String {
    guard stages.count > 1, let template = stages[0].sweep?.template else { return stages[0].name }
    return NameTemplate.text(of: template) { variable in
      let values = stages.compactMap { $0.sweep?.variables[variable] }
      return braced(OrderedSet(values.map { $0.asString ?? $0.json() }))
    }
  }

  /// `3`, `{1..3}` or `{A,B}`.
  private static func braced(_ values: OrderedSet<String>) -> String {
    if values.count == 1 { return values[0] }
    let numbers = values.compactMap { Int($0) }
    if numbers.count == values.count, let first = numbers.first, let last = numbers.last,
      last > first, numbers.enumerated().allSatisfy({ $1 &- first == $0 })
    {
      return "{\(first)..\(last)}"
    }
    return "{\(values.joined(separator: ","))}"
  }
}

// MARK: - Languages

extension PlanGraph.Node {
  /// `A{1..3}B ×3`
  fileprivate var title: String { count > 1 ? "\(printable(name)) ×\(count)" : printable(name) }

  /// `transfer, 1 cached, 2 to run`
  fileprivate var remark: String {
    let states = [(cached, "cached"), (count - cached - open, "to run"), (open, "waiting")]
      .filter { $0.0 > 0 }
    if count == 1 { return "\(kind.rawValue), \(states[0].1)" }
    if states.count == 1 { return "\(kind.rawValue), all \(states[0].1)" }
    return "\(kind.rawValue), " + states.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}

extension PlanGraph {
  /// The graph in Graphviz's language; cached stages have a dashed outline.
  package var dot: String {
    var text = "digraph pipeline {\n  rankdir=LR;\n  node [shape=box];\n"
    for (index, node) in nodes.enumerated() {
      let style = node.cached == node.count ? ", style=dashed" : ""
      let label = PlanGraph.quoted(node.title) + "\\n" + PlanGraph.quoted(node.remark)
      text += "  s\(index) [label=\"\(label)\"\(style)];\n"
    }
    for edge in edges { text += "  s\(edge.from) -> s\(edge.to);\n" }
    return text + "}\n"
  }

  /// Only these two characters are special in a quoted Graphviz string.
  private static func quoted(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }

  /// The graph in Mermaid's language; cached stages have a dashed outline.
  package var mermaid: String {
    var text = "flowchart LR\n  classDef cached stroke-dasharray: 4 4\n"
    for (index, node) in nodes.enumerated() {
      let label = PlanGraph.entities(node.title) + "<br>" + PlanGraph.entities(node.remark)
      text += "  s\(index)[\"\(label)\"]\(node.cached == node.count ? ":::cached" : "")\n"
    }
    for edge in edges { text += "  s\(edge.from) --> s\(edge.to)\n" }
    return text
  }

  /// Mermaid's only escapes are entities, written with `#`. Every character that may be special in Mermaid, Markdown
  /// or HTML becomes one.
  private static func entities(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      let isPlain =
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || " ,.-+×→".unicodeScalars.contains(scalar)
      return isPlain ? String(Character(scalar)) : "#\(scalar.value);"
    }.joined()
  }
}
