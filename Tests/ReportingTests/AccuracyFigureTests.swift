import Planning
import Reporting
import Testing

private func result(
  _ kind: TreatmentKind, source: String? = nil, target: String = "B", depth: Int = 0, top1: Double
) -> RunResult {
  run(kind, source: source, target: target, n: depth, .top1(top1), halving: nil)
}

private let study = [
  result(.frozen, source: "A", depth: 1, top1: 0.80),
  result(.frozen, source: "A", depth: 2, top1: 0.70),
  result(.base, top1: 0.825),
  result(.frozen, source: "B", depth: 1, top1: 0.82),
  result(.frozen, source: "B", depth: 2, top1: 0.78),
  result(.fineTuned, source: "A", depth: 2, top1: 0.84),
  run(.random, n: 2, .atChance(Measure(top1: 0.26, images: 1000)), halving: nil),
  result(.base, target: "A", top1: 0.9),
]

@Suite struct AccuracyFigureTests {
  /// The names of a document's elements in order, closing ones with `/`; `nil` where a tag does not end.
  private func tags(_ svg: String) -> [Substring]? {
    var tags: [Substring] = []
    var rest = svg[...]
    while let open = rest.firstIndex(of: "<") {
      guard let close = rest[open...].firstIndex(of: ">") else { return nil }
      tags.append(rest[rest.index(after: open)..<close])
      rest = rest[rest.index(after: close)...]
    }
    return tags
  }

  private func isBalanced(_ svg: String) -> Bool {
    var open: [Substring] = []
    guard let tags = tags(svg) else { return false }
    for tag in tags where !tag.hasSuffix("/") {
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else {
        open.append(tag.prefix { !$0.isWhitespace })
      }
    }
    return open.isEmpty
  }

  @Test func elementsNestProperly() {
    #expect(isBalanced(AccuracyFigure(AccuracyTable(study)).svg))
    #expect(!isBalanced("<svg><text></svg></text>"))
  }

  @Test func everyTrainedRunIsADot() throws {
    let found = try #require(self.tags(AccuracyFigure(AccuracyTable(study)).svg))
    // Five of frozen and fine-tuned runs; bases are levels, the untrained run is no point.
    #expect(found.count { $0.hasPrefix("circle") } == 5)
  }

  @Test func namesCannotBreakTheDocument() {
    let svg = AccuracyFigure(
      AccuracyTable([
        result(.base, target: "<b>&\"", top1: 0.5),
        result(.frozen, source: "</svg>", target: "<b>&\"", depth: 1, top1: 0.4),
      ])
    ).svg
    #expect(isBalanced(svg))
    #expect(svg.contains("&lt;b&gt;&amp;&quot;"))
    #expect(!svg.contains("<b>"))
  }

  @Test func betterIsHigher() throws {
    let svg = AccuracyFigure(
      AccuracyTable([
        result(.frozen, source: "A", depth: 1, top1: 0.4),
        result(.frozen, source: "A", depth: 2, top1: 0.6),
      ])
    ).svg
    let heights = try #require(tags(svg)).filter { $0.hasPrefix("circle") }.compactMap { tag in
      tag.split(separator: "\"").dropFirst(3).first.flatMap { Double($0) }
    }
    #expect(heights.count == 2)
    #expect(heights[0] > heights[1])
  }

  @Test func anEmptyTableIsStillADocument() {
    #expect(isBalanced(AccuracyFigure(AccuracyTable([])).svg))
  }
}
