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
      if fails, planned.name == stage { throw DiagnosticError("no luck") }
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
    #expect(story.stages["a"]?.state == .ended("produced"))
    #expect(story.stages["c"]?.state == .ended("failed"))
    #expect(story.stages["c"]?.messages == ["no luck"])
    #expect(
      story.stages["c"]?.fingerprint == (try plan(diamond, in: shop.store).stages[2].fingerprint))
    #expect(story.counts == ["produced": 4, "failed": 1, "skipped": 1])
    #expect(story.used.count == 4)
    #expect(stories.first { $0.run == second.run }?.counts == ["reused": 4, "produced": 2])
    #expect(try shop.store.runStories(atMost: 1).count == 1)
  }

  @Test func runWithoutAnEndIsLiveWhileItsProcessIs() async throws {
    let summary = try await run("c", fails: false)
    let whole = try #require(try shop.store.log("\(summary.run).jsonl"))
    // Cut in the middle of a line.
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

  @Test(arguments: ["", "{", "{\"event\":\"run-finished\"}", "[1]\n[2]"])
  func whatIsNoLogHasNoStory(text: String) {
    #expect(RunStory(log: Array(text.utf8)) == nil)
  }
}
