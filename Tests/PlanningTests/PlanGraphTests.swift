import Basics
import Planning
import Testing

@Suite struct PlanGraphTests {
  private let text = sample.replacing(
    "  A1B:\n",
    with: """
        "A${n}B+": {for: {n: 1..2}, transfer: {from: base-A, layers: {"first ${n}": fine-tune, rest: \
      initialize}, on: halves.B, solver: sgd}}
        A1B:

      """
  ).replacing("first 1: fine-tune", with: "first 1: random").replacing("A1B+", with: "R1B")

  @Test func whatIsPreparedForASweepIsOutsideOfIt() throws {
    let plan = try plan(text)
    #expect(plan.stages.filter { $0.kind == .prepare }.allSatisfy { $0.sweep == nil })
    #expect(plan.stages.contains { $0.sweep != nil })
  }

  @Test func sweepsAreOneNode() throws {
    let graph = PlanGraph(of: try plan(text))
    #expect(
      graph.nodes.map(\.name) == [
        "prepare-photos", "base-{A,B}", "A{1..2}B+", "A1B", "R1B", "test-{base-B,A1B,R1B}", "table",
      ])
    #expect(graph.nodes.map(\.count) == [1, 2, 2, 1, 1, 3, 1])
    // Edges between the same nodes are drawn once.
    #expect(graph.edges.count == Set(graph.edges).count)
    #expect(graph.edges.contains(PlanGraph.Edge(from: 1, to: 2)))
  }

  @Test(arguments: [
    ("[0, 1700000000]", "{0,1700000000}"), ("[3, 4]", "{3..4}"), ("[4, 3]", "{4,3}"),
    ("[0, 9223372036854775807]", "{0,9223372036854775807}"),
    ("[9223372036854775806, 9223372036854775807]", "{9223372036854775806..9223372036854775807}"),
  ])
  func valuesOfAnySizeAreNamed(seeds: String, name: String) throws {
    let text = sample.replacing(
      "  A1B:\n",
      with: """
          "s-${seed}":
            for: {seed: \(seeds)}
            train: {network: net, on: halves.A, solver: sgd, seed: "${seed}"}
          A1B:

        """)
    #expect(PlanGraph(of: try plan(text)).nodes.map(\.name).contains("s-\(name)"))
  }

  @Test func expandedEachStageIsANode() throws {
    let plan = try plan(text)
    let graph = PlanGraph(of: plan, expanded: true)
    #expect(graph.nodes.map(\.name) == plan.stages.map(\.name))
    #expect(
      graph.edges.count
        == Set(
          plan.stages.flatMap { stage in
            // The networks that a report reads are those of the evaluations that it reads.
            stage.inputs.filter { stage.kind != .report || $0.role.hasPrefix("evaluation") }
              .map { "\($0.stage) \(stage.name)" }
          }
        ).count)
  }

  @Test func dotIsWrittenByItsGrammar() throws {
    for expanded in [false, true] {
      let graph = PlanGraph(of: try plan(text), expanded: expanded)
      var reader = DotReader(graph.dot)
      try reader.readGraph()
      #expect(reader.nodes.count == graph.nodes.count)
      #expect(reader.edges == graph.edges.count)
    }
    let dot = PlanGraph(of: try plan(text)).dot
    #expect(dot.contains("s2 [label=\"A{1..2}B+ ×2\\ntransfer, all to run\"];"), "\(dot)")
  }

  @Test func cachedStagesAreDashed() throws {
    let first = try plan(text)
    let graph = PlanGraph(of: try plan(text, history: FakeHistory(after: first)))
    #expect(graph.dot.ranges(of: "style=dashed").count == graph.nodes.count)
    #expect(graph.mermaid.ranges(of: ":::cached").count == graph.nodes.count)
  }

  @Test func namesWithAMeaningElsewhereAreEscaped() throws {
    let first = try plan(text).stages[0]
    let plan = Plan(
      pipeline: "odd",
      stages: [
        PlannedStage(
          DraftedStage("a\"b\\[c]<i>;#`", first.draft.work), status: first.status)
      ])
    let graph = PlanGraph(of: plan, expanded: true)
    var reader = DotReader(graph.dot)
    try reader.readGraph()
    #expect(reader.nodes["s0"] == "a\"b\\[c]<i>;#`\nprepare, to run")
    let line = try #require(graph.mermaid.split(separator: "\n").first { $0.contains("s0[") })
    #expect(line == "  s0[\"a#34;b#92;#91;c#93;#60;i#62;#59;#35;#96;<br>prepare, to run\"]")
  }
}

/// Reads the part of Graphviz's grammar that plans need: `digraph ID { stmt; … }` with attribute
/// settings, nodes and edges; quoted strings with their escapes.
private struct DotReader {
  private var rest: Substring
  private(set) var nodes: [String: String] = [:]
  private(set) var edges = 0

  struct Unexpected: Error { var rest: String }

  init(_ text: String) { rest = text[...] }

  mutating func readGraph() throws {
    try expect("digraph")
    _ = try identifier()
    try expect("{")
    while !take("}") { try readStatement() }
    skipSpace()
    guard rest.isEmpty else { throw Unexpected(rest: String(rest)) }
  }

  private mutating func readStatement() throws {
    let first = try identifier()
    if take("=") {
      _ = try identifier()
    } else if take("->") {
      let second = try identifier()
      guard nodes[first] != nil, nodes[second] != nil else { throw Unexpected(rest: second) }
      edges += 1
    } else {
      try expect("[")
      repeat {
        let key = try identifier()
        try expect("=")
        let value = try identifier()
        if key == "label" { nodes[first] = value }
      } while take(",")
      try expect("]")
    }
    try expect(";")
  }

  private mutating func identifier() throws -> String {
    skipSpace()
    guard rest.first == "\"" else {
      let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      guard !word.isEmpty else { throw Unexpected(rest: String(rest)) }
      rest.removeFirst(word.count)
      return String(word)
    }
    rest.removeFirst()
    var content = ""
    while let character = rest.popFirst(), character != "\"" {
      guard character == "\\" else {
        content.append(character)
        continue
      }
      switch rest.popFirst() {
      case "n": content.append("\n")
      case let escaped? where escaped == "\"" || escaped == "\\": content.append(escaped)
      default: throw Unexpected(rest: String(rest))
      }
    }
    return content
  }

  private mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }

  private mutating func take(_ text: String) -> Bool {
    skipSpace()
    guard rest.hasPrefix(text) else { return false }
    rest.removeFirst(text.count)
    return true
  }

  private mutating func expect(_ text: String) throws {
    guard take(text) else { throw Unexpected(rest: String(rest)) }
  }
}
