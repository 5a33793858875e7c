import Basics
import Reporting
import Testing

@Suite struct TimelineTests {
  private let fingerprint = Fingerprint(of: Array("stage".utf8))

  private func log(_ lines: [String]) -> [UInt8] {
    let begin =
      #"{"event": "run-started", "run": "20260101T000000Z-a", "pipeline": "p", "time": 1000}"#
    return Array(([begin] + lines).joined(separator: "\n").utf8)
  }

  private func started(_ stage: String, _ kind: String, at time: Double) -> String {
    #"{"event": "stage-started", "stage": "\#(stage)", "kind": "\#(kind)", "time": \#(time)}"#
  }

  private func finished(_ stage: String, _ outcome: String, at time: Double) -> String {
    #"{"event": "stage-finished", "stage": "\#(stage)", "outcome": "\#(outcome)", "#
      + #""fingerprint": "\#(fingerprint.hexadecimal)", "time": \#(time)}"#
  }

  private func timeline(_ lines: [String], continued: Bool = false) throws -> RunTimeline {
    try #require(RunTimeline(log: log(lines)) { $0 == self.fingerprint && continued })
  }

  @Test func stagesHaveTheirTimesAndLanes() throws {
    let timeline = try self.timeline([
      finished("old", "reused", at: 1000), started("a", "train", at: 1001),
      started("b", "transfer", at: 1002), finished("a", "produced", at: 1005),
      started("c", "evaluate", at: 1005), finished("b", "failed", at: 1007),
      #"{"event": "stage-finished", "stage": "d", "outcome": "skipped", "time": 1007}"#,
      finished("c", "produced", at: 1008),
      #"{"event": "run-finished", "time": 1009}"#, "{\"event\": \"stage-sta",
    ])
    #expect(timeline.pipeline == "p" && timeline.run == "20260101T000000Z-a")
    #expect(timeline.spans.map(\.stage) == ["a", "b", "c"])
    #expect(timeline.spans.map(\.lane) == [0, 1, 0])
    #expect(timeline.spans.map(\.start) == [1, 2, 5])
    #expect(timeline.spans.map(\.end) == [5, 7, 8])
    #expect(timeline.spans.map(\.ending) == [.produced, .failed, .produced])
    #expect(timeline.reused == 1 && timeline.skipped == 1)
    #expect(timeline.lanes == 2 && timeline.length == 9)
    let figure = try #require(TimelineFigure(timeline).figure)
    try figure.expectSound()
    #expect(figure.caption.contains("3 stages ran in 9.0 s; 1 was cached"))
    #expect(try figure.titledMarks().map(\.title) == ["b: failed"])
  }

  /// A stage publishes its files while the next one begins: a second in ten is no second lane.
  @Test func aStageThatEndsWhileTheNextBeginsIsNotBesideIt() throws {
    let chain = try timeline([
      started("a", "train", at: 1000), started("b", "train", at: 1009),
      finished("a", "produced", at: 1010), started("c", "train", at: 1019.5),
      finished("b", "produced", at: 1020), finished("c", "produced", at: 1030),
    ])
    #expect(chain.lanes == 1)
    let figure = try #require(TimelineFigure(chain).figure)
    #expect(figure.drawing.document.contains("one stage at a time"))
    let beside = try timeline([
      started("a", "train", at: 1000), started("b", "train", at: 1005),
      finished("a", "produced", at: 1010), finished("b", "produced", at: 1020),
    ])
    #expect(beside.lanes == 2)
    let short = try timeline([
      started("a", "train", at: 1000), started("b", "train", at: 1000.1),
      finished("a", "produced", at: 1001), finished("b", "produced", at: 1001.1),
    ])
    #expect(short.lanes == 2)
  }

  @Test func aStageThatWasUnderWayIsUnfinished() throws {
    let timeline = try self.timeline([
      started("a", "train", at: 1001),
      #"{"event": "stage-progress", "stage": "a", "completed": 5, "total": 10, "unit": "images", "time": 1061}"#,
    ])
    #expect(timeline.spans.map(\.ending) == [.unfinished])
    #expect(timeline.spans.map(\.end) == [61])
    try #require(TimelineFigure(timeline).figure).expectSound()
  }

  @Test func whatWentOnFromAnEarlierStateIsMarked() throws {
    let lines = [started("a", "train", at: 1001), finished("a", "produced", at: 1005)]
    #expect(try timeline(lines).spans.map(\.isContinued) == [false])
    let continued = try timeline(lines, continued: true)
    #expect(continued.spans.map(\.isContinued) == [true])
    let figure = try #require(TimelineFigure(continued).figure)
    #expect(try figure.titledMarks().contains { $0.title.contains("resumed from a checkpoint") })
  }

  @Test func aRunThatComputedNothingHasNoFigure() throws {
    let timeline = try self.timeline([finished("old", "reused", at: 1000)])
    #expect(!timeline.didWork)
    #expect(TimelineFigure(timeline).figure == nil)
    #expect(RunTimeline(log: []) { _ in false } == nil)
    #expect(RunTimeline(log: Array("{}\n".utf8)) { _ in false } == nil)
  }

  @Test func tenThousandStagesAreSummedUp() throws {
    var lines: [String] = []
    for index in 0..<10_000 {
      lines.append(started("s\(index)", "evaluate", at: 1000 + Double(index)))
      lines.append(finished("s\(index)", "produced", at: 1001 + Double(index)))
    }
    let figure = try #require(TimelineFigure(try self.timeline(lines)).figure)
    try figure.expectSound()
    #expect(figure.drawing.document.utf8.count < 100_000)
  }
}
