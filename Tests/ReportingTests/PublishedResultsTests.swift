import Basics
import Definitions
import Glibc
import Planning
import Reporting
import SystemPackage
import Testing

private let testData: FilePath? = getenv("CAMBIUM_TEST_DATA").map { FilePath(String(cString: $0)) }

/// The published runs of Yosinski et al. (2014): the numbers of their paper, and what is wrong with them.
@Suite(.enabled(if: testData != nil, "CAMBIUM_TEST_DATA is unset"))
struct PublishedResultsTests {
  private let analysis: Analysis

  init() throws {
    let path = try #require(testData).appending("imagenet/yosinski-2014-results.csv")
    let text = String(decoding: try LocalFileSystem().read(path), as: UTF8.self)
    analysis = Analysis(
      try ResultsFile(SourceText(name: "results.csv", text: text), name: "results").results)
  }

  /// Numbers are published with four decimals.
  private func isClose(_ value: Double?, _ published: Double) -> Bool {
    value.map { abs($0 - published) < 0.0000501 } ?? false
  }

  private func experiment(_ title: String) throws -> Experiment {
    try #require(analysis.experiments.first { $0.title == title })
  }

  @Test func everyMeanIsThePublishedOne() throws {
    let published: [(String, Treatment, [Double])] = [
      ("random tasks", .selffer, [0.6267, 0.6235, 0.6211, 0.6048, 0.5935, 0.6188, 0.6232]),
      ("random tasks", .transfer, [0.6282, 0.6239, 0.6189, 0.5998, 0.5780, 0.5806, 0.5425]),
      (
        "random tasks", .selfferFineTuned, [0.6177, 0.6215, 0.6313, 0.6287, 0.6301, 0.6276, 0.6266]
      ),
      (
        "random tasks", .transferFineTuned,
        [0.6373, 0.6358, 0.6426, 0.6398, 0.6446, 0.6460, 0.6465]
      ),
      (
        "natural → man-made (split natural-man-made)", .transfer,
        [0.5392, 0.5214, 0.5008, 0.4616, 0.4098, 0.3742, 0.2914]
      ),
      (
        "man-made → natural (split natural-man-made)", .transfer,
        [0.6571, 0.6506, 0.6250, 0.5824, 0.5219, 0.4851, 0.3990]
      ),
    ]
    for (title, treatment, means) in published {
      let points = try #require(experiment(title).series(treatment)?.points)
      #expect(points.map(\.depth) == Array(1...7))
      for (point, mean) in zip(points, means) {
        #expect(isClose(point.estimate?.mean, mean), "\(title) \(treatment.label) \(point.depth)")
      }
    }
    let bases = [
      ("random tasks", 0.6251), ("all classes", 0.5763),
      ("natural → man-made (split natural-man-made)", 0.5372),
      ("man-made → natural (split natural-man-made)", 0.6534),
    ]
    for (title, mean) in bases {
      #expect(isClose(try experiment(title).base?.estimate?.mean, mean), "\(title)")
    }
  }

  @Test func randomFiltersAreThePublishedOnes() throws {
    let points = try #require(experiment("all classes").series(.random)?.points)
    let published = [0.4917, 0.4026, 0.0011, 0.0191, 0.0499, 0.0145, 0.0146]
    #expect(points.count == 7)
    for (point, top1) in zip(points, published) {
      #expect(isClose(point.runs.first?.measure?.top1, top1), "\(point.depth)")
      // One run never left chance level.
      #expect((point.estimate == nil) == (point.depth == 3))
    }
  }

  @Test func reducedDataIsThePublishedOne() throws {
    #expect(analysis.byExamples.count == 1)
    let points = try #require(analysis.byExamples.first).points.reversed()
    #expect(points.map(\.examples) == [1300, 1000, 750, 500, 250, 100, 50, 25, 10, 5, 2, 1])
    let published = [
      0.5518, 0.5409, 0.5147, 0.4757, 0.3843, nil, nil, nil, nil, nil, 0.0044, 0.0038,
    ]
    for (point, top1) in zip(points, published) {
      guard let top1 else {
        #expect(point.estimate == nil, "\(point.examples)")
        let measure = try #require(point.runs.first?.measure)
        #expect(abs(measure.top1 - 0.0011) < 0.00005, "\(point.examples)")
        continue
      }
      #expect(isClose(point.estimate?.mean, top1), "\(point.examples)")
    }
  }

  @Test func tableOneIsReproducedAndItsMistakeIsVisible() throws {
    let boosts = try experiment("random tasks").boosts
    func unpaired(_ kind: ContrastKind, from start: Int) -> String? {
      boosts.first { $0.kind == kind && $0.depths == start...7 }?.unpaired.map {
        fixed(100 * $0, decimals: 1)
      }
    }
    #expect([1, 3, 5].map { unpaired(.fineTuningGain, from: $0) } == ["1.6", "1.8", "2.1"])
    #expect([1, 3, 5].map { unpaired(.transferGain, from: $0) } == ["1.4", "1.4", "1.7"])
    func paired(_ kind: ContrastKind) -> Boost? {
      boosts.first { $0.kind == kind && $0.depths == 1...7 }
    }
    // Compared with the base of its own target, AnB+ gains as much as BnB+.
    #expect(paired(.fineTuningGain)?.paired.map { fixed(100 * $0.mean, decimals: 2) } == "0.97")
    #expect(paired(.selfferGain)?.paired.map { fixed(100 * $0.mean, decimals: 2) } == "0.97")
    #expect(paired(.fineTuningGain)?.paired?.count == 10)
    // And no target has both.
    #expect(paired(.transferGain)?.paired == nil)
  }

  @Test func whatIsWrongWithTheRunsIsTold() throws {
    var gaps: [DesignGap] = []
    for case .unbalanced("random tasks", let found) in analysis.warnings { gaps = found }
    #expect(gaps.map(\.treatment) == ["BnB", "BnB+", "AnB+"])
    #expect(gaps.map(\.measured) == [["0A", "1A", "2A", "3A"], ["0A", "1A"], ["0B", "1B"]])
    #expect(
      analysis.warnings.contains(
        .didNotTrain(runs: [
          "nolearn_1_3", "reduced-0005", "reduced-0010", "reduced-0025", "reduced-0050",
          "reduced-0100",
        ])))
    #expect(
      analysis.warnings.contains(.selectedOnTestData(rule: "mean of best 10", runs: 148)))
    #expect(
      analysis.warnings.contains { if case .chanceUnknown(upTo: _?) = $0 { true } else { false } })
  }

  @Test func figureThreeHasItsThreeLines() {
    #expect(
      analysis.relative.map(\.comparison) == [.similarTasks, .dissimilarTasks, .randomFilters])
    #expect(analysis.relative.map { $0.points.count } == [7, 7, 6])
    #expect(analysis.relative.map { $0.points[0].pairs.count } == [8, 2, 1])
  }

  @Test func theVerdictIsThePapersButForTheGain() throws {
    let verdict = try experiment("random tasks").verdict
    #expect(verdict.depths(.cost) == [3, 4, 5, 6, 7])
    #expect(verdict.depths(.gain) == [])
    #expect(verdict.dominance(at: 6) == .specificity && verdict.dominance(at: 7) == .specificity)
    let text = verdict.sentences.joined(separator: " ")
    #expect(text.contains("+0.62 [+0.33, +0.91] points of top-1 accuracy at n=3"))
    #expect(text.contains("+8.26 [+8.03, +8.49] at n=7, 8 pairs"))
    #expect(text.contains("AnB+ and BnB+ have no target in common"))
    // Two targets: starred individually, which is not a claim.
    #expect(verdict.fineTuning == .undecided)
    #expect(text.contains("+0.97 [+0.38, +1.57] points (AnB+ − base, 10 pairs in 2 independent"))
  }
}
