import Basics
import Definitions
import Execution
import Planning
import Results
import Stages
import TestSupport
import Testing

/// Networks compared layer by layer, run for real.
@Suite struct CompareTests {
  private static let comparisons = smallStudy.replacing(
    "  table: {report:",
    with: """
        copy: {transfer: {from: base-B, layers: {rest: freeze}, on: halves.B, solver: {batch: 16, iterations: 1, rate: 0.1}}}
        same: {compare: {networks: [base-B, copy], pool: none, layers: first 2}}
        others: {compare: {networks: [base-A, B2B], on: halves.B}}
        moved: {compare: {network: A2B+, measures: [cka, weights]}}
        table: {report:
      """)

  private static let names = ["moved", "others", "same"]

  private func run(
    _ study: Study, _ text: String = comparisons, threads: Int = 2
  ) async throws -> RunSummary {
    try await study.run(study.plan(text, only: Self.names), threads: threads)
  }

  private func comparison(_ stage: String, _ summary: RunSummary) throws -> Comparison {
    let path = try #require(summary.outcome(of: stage)?.artifact?[Comparison.file])
    return try Comparison(contents: LocalFileSystem().read(path))
  }

  @Test func aSecondRunDoesNothingAndOneChangeRunsExactlyWhatReadsIt() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let first = try await run(study)
      #expect(first.isComplete && Set(first.produced).isSuperset(of: Self.names))
      let second = try await run(study)
      #expect(second.produced == [] && second.digests == first.digests)
      let fewer = try await run(
        study,
        Self.comparisons.replacing(
          "{network: A2B+, measures: [cka, weights]}",
          with: "{network: A2B+, measures: [weights, cka], layers: first 1}"))
      #expect(fewer.produced == ["moved"])
      #expect(
        try study.plan(
          Self.comparisons.replacing("[cka, weights]", with: "[weights, cka]"), only: ["moved"]
        ).toRunNames == [])
    }
  }

  @Test(arguments: [1, 3]) func bitsDoNotDependOnThreads(threads: Int) async throws {
    try await withTemporaryFolder { folder in
      let expected = try await run(Study(in: folder.appending("reference")))
      let found = try await run(Study(in: folder.appending("other")), threads: threads)
      for name in Self.names { #expect(found.digests[name] == expected.digests[name], "\(name)") }
    }
  }

  @Test func whatIsComparedIsWhatItSays() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let summary = try await run(study)
      // A network with the same weights.
      let same = try comparison("same", summary)
      #expect(same.first == ["conv1", "conv2"] && same.second == same.first && same.images == 30)
      let (cka, svcca) = (try #require(same.cka), try #require(same.svcca))
      for index in 0..<2 {
        #expect(abs(try #require(cka[index][index]) - 1) < 1e-6)
        #expect(abs(try #require(svcca[index][index]) - 1) < 1e-6)
      }
      #expect(try #require(cka[0][1]) < 0.999)
      #expect(
        same.weights?.allSatisfy {
          $0.distance == 0 && $0.cosine.map { abs($0 - 1) < 1e-12 } == true
        } == true)

      // Networks for other classes: all layers, the last of which have as many units but other weights.
      let others = try comparison("others", summary)
      #expect(others.first == ["conv1", "conv2", "fc3", "fc4"] && others.cka?.count == 4)
      #expect(others.weights?.map(\.layer) == others.first)
      #expect(others.weights?.allSatisfy { $0.distance > 0 } == true)

      // Fine-tuned layers stay nearer to what they were copied from than those that were drawn.
      let moved = try comparison("moved", summary)
      let source = try study.weights(of: "base-A", in: summary)
      let tuned = try study.weights(of: "A2B+", in: summary)
      var (squares, length) = (0.0, 0.0)
      for name in ["conv2.weight", "conv2.bias"] {
        let before = try #require(source[name]).values, after = try #require(tuned[name]).values
        for (a, b) in zip(before, after) {
          squares += (Double(a) - Double(b)) * (Double(a) - Double(b))
          length += Double(a) * Double(a)
        }
      }
      let conv2 = try #require(moved.weights?.first { $0.layer == "conv2" })
      #expect(abs(conv2.distance - squares.squareRoot()) < 1e-9)
      #expect(abs(try #require(conv2.relative) - (squares / length).squareRoot()) < 1e-9)
      #expect(moved.svcca == nil)

      let record = try #require(summary.outcome(of: "moved")?.artifact?.record)
      #expect(try ComparisonResult(of: record) == ComparisonResult(moved))
    }
  }
}
