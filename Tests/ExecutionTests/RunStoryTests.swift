import ArtifactStore
import Basics
import Execution
import Planning
import TestSupport
import Testing

@Suite struct RunStoryTests {
  private let shop = Workshop()

  private func run(_ stage: String, fails: Bool) async throws -> RunSummary {
    let runner = Multiplier(shop.files) { planned, _ in
      if fails, planned.name == stage {
        throw DiagnosticError("no luck", cause: .diverged(iteration: 7))
      }
    }
    return try await shop.executor(runner, keepGoing: true).run(plan(diamond, in: shop.store))
  }

  @Test func logsTellWhatBecameOfEachStage() async throws {
    let first = try await run("c", fails: true)
    let second = try await run("c", fails: false)
    let stories = try shop.store.runStories()
    #expect(Set(stories.map(\.run)) == [first.run, second.run])
    let story = try #require(stories.first { $0.run == first.run })
    #expect(story.pipeline == "numbers" && story.process == .current)
    #expect(story.host == ProcessIdentity.hostName)
    #expect(story.finished != nil && !story.isLive(now: story.started))
    #expect(story.stages["a"]?.end?.ending == .produced)
    #expect(
      story.stages["c"]?.state
        == .ended(
          LoggedEnd(
            .failed, fingerprint: try plan(diamond, in: shop.store).stages[2].fingerprint,
            messages: ["no luck"], cause: .diverged(iteration: 7))))
    #expect(story.counts == [.produced: 4, .failed: 1, .skipped: 1])
    #expect(story.used.count == 4)
    #expect(stories.first { $0.run == second.run }?.counts == [.reused: 4, .produced: 2])
    #expect(try shop.store.runStories(atMost: 1).count == 1)
  }

  @Test func runWithoutAnEndIsLiveWhileItsProcessIs() async throws {
    let summary = try await run("c", fails: false)
    let whole = try #require(try shop.store.log("\(summary.run).jsonl"))
    // Truncated in the middle of a line.
    let cut = Array(whole[..<(whole.count / 2)])
    let story = try #require(RunStory(log: cut))
    #expect(story.finished == nil)
    #expect(story.isLive(now: story.started + 1e9))
    func with(owner: String) throws -> RunStory {
      let text = String(decoding: cut, as: UTF8.self)
      return try #require(
        RunStory(log: Array(text.replacing("\(ProcessIdentity.current)", with: owner).utf8)))
    }
    #expect(try !with(owner: "\(goneProcess)").isLive(now: story.started))
    let remote = try with(owner: "elsewhere~1~2")
    #expect(remote.isLive(now: remote.lastSign + 3600))
    #expect(!remote.isLive(now: remote.lastSign + 100_000))
  }

  /// Every event that a run writes, read back.
  @Test func eventsAreReadAsTheyWereWritten() async throws {
    let summary = try await run("c", fails: false)
    let artifact = StoredArtifact(
      record: StageRecord(
        fingerprint: Fingerprint(of: "s"), stage: "s", pipeline: "p", kind: "train", revision: 1,
        settings: [:], inputs: [:], outputs: [:], metrics: [:], provenance: [:], started: 0,
        seconds: 1), files: [:])
    let fingerprint = artifact.record.fingerprint
    let progress = StageProgress(
      completed: 3, total: 10, unit: "iterations", loss: .nan, accuracy: 0.5, imagesPerSecond: 1e3)
    let bare = StageProgress(completed: 0, total: 0, unit: "images")
    var failure = DiagnosticError([.error("one"), .error("two")])
    failure.cause = .outOfSpace
    let cases: [(ExecutionEvent, LoggedEvent.Content)] = [
      (.stageWaiting("s", for: nil), .stageWaiting("s")),
      (.stageDamaged("s", .outputMissing("x")), .stageDamaged("s")),
      (
        .stageStarted("s", .train, because: .neverRun, threads: 2),
        .stageStarted("s", kind: "train")
      ),
      (.stageProgress("s", bare), .stageProgress("s", bare)),
      (
        .stageFinished("s", .produced(artifact, because: .neverRun)),
        .stageFinished("s", LoggedEnd(.produced, fingerprint: fingerprint))
      ),
      (
        .stageFinished("s", .reused(artifact)),
        .stageFinished("s", LoggedEnd(.reused, fingerprint: fingerprint))
      ),
      (
        .stageFinished(
          "s", .failed(StageFailure(of: fingerprint, error: failure, log: "a.log"))),
        .stageFinished(
          "s",
          LoggedEnd(
            .failed, fingerprint: fingerprint, messages: ["one", "two"], cause: .outOfSpace))
      ),
      (.stageFinished("s", .skipped(blockedBy: "t")), .stageFinished("s", LoggedEnd(.skipped))),
      (
        .stageFinished("s", .stopped(.nothing)),
        .stageFinished("s", LoggedEnd(.stopped, saved: .nothing))
      ),
      (
        .stageFinished("s", .stopped(.state(iteration: 3, of: 9))),
        .stageFinished("s", LoggedEnd(.stopped, saved: .state(iteration: 3, of: 9)))
      ),
      (.stageFinished("s", .notStarted), .stageFinished("s", LoggedEnd(.notStarted))),
      (.warning(Diagnostic(.warning, "odd")), .other),
      (
        .runFinished(summary),
        .runFinished
      ),
      (.stageProgress("s", progress), .stageProgress("s", progress)),
    ]
    let begin = ExecutionEvent.runStarted(
      run: "r", pipeline: "p", settings: ["lr=0.5"], stages: 1, toRun: 1)
    let events = [begin] + cases.map(\.0)
    let text = events.enumerated().map { $1.value(at: Double($0)).json() + "\n" }.joined()
    let log = try #require(LoggedRun(log: Array(text.utf8)))
    #expect(log.run == "r" && log.pipeline == "p" && log.started == 0)
    #expect(log.settings == ["lr=0.5"])
    #expect(log.host == ProcessIdentity.hostName && log.process == .current)
    #expect(log.events.map(\.time) == cases.indices.map { Double($0 + 1) })
    #expect(log.events.dropLast().map(\.content) == cases.dropLast().map(\.1))
    guard case .stageProgress("s", let told)? = log.events.last?.content else {
      Issue.record("the last event is progress")
      return
    }
    #expect(told.loss?.isNaN == true && told.accuracy == 0.5 && told.imagesPerSecond == 1e3)
  }

  /// Whatever a line of a log contains, reading it results in an event or in none.
  @Test func damagedLinesAreLeftOut() throws {
    let lines = [
      #"{"event":"run-started","run":"r","pipeline":"p","time":1}"#,
      #"{"event":"stage-finished","stage":"s","outcome":"odd","time":2}"#,
      #"{"event":"stage-finished","stage":"s","outcome":"failed","cause":{"why":"odd"},"time":3}"#,
      #"{"event":"stage-progress","stage":"s","completed":"many","time":4}"#,
      #"{"event":"stage-started","stage":7,"time":5}"#, #"{"event":"of-the-future","time":6}"#,
      #"{"event":"stage-finished","stage":"s"}"#, "oops", #"{"event":"sta"#,
    ]
    let log = try #require(LoggedRun(log: Array(lines.joined(separator: "\n").utf8)))
    #expect(
      log.events.map(\.content) == [
        .other, .stageFinished("s", LoggedEnd(.failed)), .other, .other, .other,
      ])
  }

  @Test(arguments: ["", "{", "{\"event\":\"run-finished\"}", "[1]\n[2]"])
  func whatIsNoLogHasNoStory(text: String) {
    #expect(RunStory(log: Array(text.utf8)) == nil)
  }
}
