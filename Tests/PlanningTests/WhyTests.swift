import Basics
import Planning
import Testing

/// Reasons traced upstream to their origin.
@Suite struct WhyTests {
  private let history: FakeHistory

  init() throws { history = FakeHistory(after: try plan(sample)) }

  private func explain(_ stage: String, _ text: String, _ history: FakeHistory) throws
    -> Explanation
  {
    try plan(text, history: history).explanation(of: stage, history: history)
  }

  @Test func aChainIsFollowedToItsRoot() throws {
    let edited = sample.replacing("momentum: 0.5", with: "momentum: 0.6")
      .replacing(
        "train: {network: net, on: \"halves.${task}\", solver: sgd}",
        with: "train: {network: net, on: \"halves.${task}\", solver: fast}"
      ).replacing("  slow:", with: "  fast: {batch: 10, epochs: 2, rate: 0.1}\n  slow:")
    let explanation = try explain("test-A1B", edited, history)
    #expect(explanation.upstream.map(\.path) == [["A1B", "base-A"]])
    #expect(
      explanation.text.contains("test-A1B ← A1B ← base-A: solver.momentum 0.9 → 0\n"),
      "\(explanation.text)")
    // The column in the plan shows the same, without the stage itself.
    let planned = try plan(edited, history: history).text
    #expect(planned.contains("  A1B ← base-A: solver.momentum 0.9 → 0\n"), "\(planned)")
  }

  @Test func ownChangesAndThoseUpstreamAreBothTold() throws {
    let edited = sample.replacing("momentum: 0.9", with: "momentum: 0.8")
    let explanation = try explain("A1B", edited, history)
    #expect(
      explanation.own
        == .settingsChanged([ValueChange(path: "solver.momentum", old: 0.9, new: 0.8)]))
    #expect(explanation.upstream.map(\.path) == [["base-A"]])
    #expect(explanation.value["changes"]?.asList?.count == 1)
    #expect(explanation.value["causes"]?.asList?.first?["path"] == ["base-A"])
  }

  @Test func manyWaysToOneRootAreTold() throws {
    let edited = sample.replacing("momentum: 0.9", with: "momentum: 0.8")
    let causes = try explain("table", edited, history).upstream
    // Both bases and A1B have changed themselves; A1B+ and its test only pass on the change of base-A.
    #expect(Set(causes.compactMap(\.path.last)) == ["base-A", "base-B", "A1B"])
    #expect(causes.count == 3)
    #expect(try plan(edited, history: history).text.contains("; 2 more\n"))
  }

  @Test func anInputThatHasRunSinceIsStillTold() throws {
    var history = history
    let edited = sample.replacing(
      "slow: {batch: 10, epochs: 2, momentum: 0.5",
      with: "slow: {batch: 10, epochs: 2, momentum: 0.6")
    history.run(try plan(edited, history: history, only: ["A1B+"]))
    let plan = try plan(edited, history: history)
    #expect(plan.toRun == ["test-A1B+", "table"])
    #expect(
      plan.stage("test-A1B+")?.status.reason?.description
        == "A1B+: solver.momentum 0.5 → 0.6")
  }

  @Test func anotherSourceIsToldByItsNames() throws {
    let edited = sample.replacing(
      "A1B:\n    transfer: {from: base-A", with: "A1B:\n    transfer: {from: base-B")
    let explanation = try explain("A1B", edited, history)
    #expect(
      explanation.upstream
        == [Cause(path: [], root: .inputReplaced(role: "source", old: "base-A", new: "base-B"))])
  }

  @Test func twinsAreNotTakenForEachOther() throws {
    let twins = sample.replacing(
      "  A1B:\n",
      with: "  twin: {transfer: {from: base-A, layers: {first 1: fine-tune, rest: initialize}, on: "
        + "halves.B, solver: slow}}\n  test-twin: {evaluate: {network: A1B+}}\n  A1B:\n")
    let history = try FakeHistory(after: plan(twins))
    let edited = twins.replacing(
      "A1B+:\n    transfer: {from: base-A, layers: {first 1: fine-tune",
      with: "A1B+:\n    transfer: {from: base-A, layers: {first 1: freeze")
    #expect(edited != twins)
    let causes = try explain("test-A1B+", edited, history).upstream
    #expect(causes.map(\.path) == [["A1B+"]])
    #expect("\(causes[0])".contains("layers.conv1.state learning → frozen"))
  }

  @Test func whatWasReadMayBeGone() throws {
    var history = history
    let edited = sample.replacing("momentum: 0.5", with: "momentum: 0.6")
    history.records[try #require(history.latest["A1B+"]).fingerprint] = nil
    #expect(
      try explain("test-A1B+", edited, history).upstream
        == [Cause(path: ["A1B+"], root: .untold)])
  }

  @Test func aCachedStageNamesItsRecord() throws {
    let renamed = sample.replacing("A1B", with: "frozen")
    let explanation = try explain("frozen", renamed, history)
    #expect(explanation.record?.stage == "A1B")
    #expect(explanation.text.hasPrefix("frozen (transfer): cached\n"))
    #expect(explanation.text.contains("by stage 'A1B' of pipeline 'sample'"))
    #expect(explanation.text.contains("1970-01-01 00:00:00 UTC"))
    #expect(explanation.value["record"]?["stage"] == "A1B")
  }

  @Test func aStageThatNeverRanSaysSo() throws {
    let explanation = try explain("A1B", sample, FakeHistory())
    #expect(explanation.record == nil)
    #expect(explanation.text.contains("no stage of this name has run"))
    #expect(explanation.text.contains("waits for    prepare-photos, base-A"))
  }

  @Test func anUnknownStageSuggestsTheNearest() {
    #expect {
      try explain("base-AA", sample, history)
    } throws: { "\($0)".contains("no stage is called 'base-AA'") && "\($0)".contains("'base-A'") }
  }

  /// A thousand transfers in a chain: linear work, and a shortened path.
  @Test func aLongChainIsToldInShort() throws {
    var stages = ""
    for index in 1...1000 {
      stages +=
        "  s\(index): {transfer: {from: \(index == 1 ? "base-A" : "s\(index - 1)"), "
        + "layers: {first 1: freeze, rest: initialize}, on: halves.B, solver: slow}}\n"
    }
    let chain = sample.replacing("  A1B:\n", with: stages + "  A1B:\n")
    let history = try FakeHistory(after: plan(chain))
    let edited = chain.replacing("momentum: 0.9", with: "momentum: 0.8")
    let causes = try explain("s1000", edited, history).upstream
    #expect(causes.count == 1)
    #expect(causes[0].path.first == "s999" && causes[0].path.contains("…"))
    #expect(causes[0].path.count == 40)
  }
}
