import ArtifactStore
import Basics
import Definitions
import Planning
import Results
import Testing

/// Prepare stages that may pack what an earlier one has packed.
@Suite struct PreparedOriginalTests {
  private let catalog = FakeCatalog()

  /// The history after the sample has run, with what was packed.
  private func history(_ change: (inout PackedSummary) -> Void = { _ in }) throws -> FakeHistory {
    var history = FakeHistory(after: try plan(sample))
    let fingerprint = try #require(history.latest["prepare-photos"]?.fingerprint)
    var summary = PackedSummary(
      classes: catalog.classes, trainCounts: catalog.classes.map { _ in 100 },
      testCounts: catalog.classes.map { _ in 10 }, channels: 3, height: 8, width: 8, skipped: [])
    change(&summary)
    history.records[fingerprint]?.metrics = summary.metrics
    history.latest["prepare-photos"]?.metrics = summary.metrics
    return history
  }

  private let rewrapped = FakeCatalog(digest: "the same photos in another archive")

  @Test func whatReadsThemWaits() throws {
    let history = try history()
    let before = try plan(sample, history: history)
    #expect(before.toRun.isEmpty)
    let after = try plan(sample, catalog: rewrapped, history: history)
    #expect(after.stage("prepare-photos")?.status == .run(.dataChanged(nil)))
    #expect(after.openStages == after.stages.count - 1)
    #expect(
      after.stages.dropFirst().map(\.fingerprint) == before.stages.dropFirst().map(\.fingerprint))
    #expect(after.summary == "9 stages: 0 cached, 1 to run, 8 waiting")
    let base = try #require(after.stage("base-A"))
    #expect(base.status == .waiting(on: ["prepare-photos"], .imagesMayDiffer))
    #expect(base.value["status"] == "waiting")
    #expect(
      base.value["reason"] == [
        "why": "images-may-differ", "text": "reruns only if the images differ",
      ])
    let why = try after.explanation(of: "base-A", history: history).text
    #expect(
      why.hasPrefix(
        "base-A (train): runs only if the images differ from those that it was computed from\n"))
    #expect(why.contains("waits for    prepare-photos\n") && why.contains("computed     "))
    // Only what runs for certain has a price.
    #expect(after.cost?.networkStages == 0)
  }

  @Test func anOriginalStandsForTheStageThatRepeatsIt() throws {
    var history = try history()
    let before = try plan(sample, history: history)
    let repeating = try #require(
      try plan(sample, catalog: rewrapped, history: history).stage("prepare-photos")
    ).fingerprint
    history.presences[repeating] = .present
    history.originals[repeating] = before.stages[0].fingerprint
    let after = try plan(sample, catalog: rewrapped, history: history)
    #expect(after.toRun.isEmpty)
    #expect(after.stage("table")?.fingerprint == before.stage("table")?.fingerprint)
  }

  @Test func picturesOfOtherNumbersOrSizesAreNotTheSame() throws {
    let changes: [(inout PackedSummary) -> Void] = [
      { $0.trainCounts[2] = 99 }, { $0.testCounts[0] = 11 }, { $0.classes[1] = "cow" },
      { $0.channels = 1 },
    ]
    for change in changes {
      let plan = try plan(sample, catalog: rewrapped, history: try history(change))
      #expect(plan.openStages == 0)
    }
    var sized = rewrapped
    sized.imageSize = .init(height: 9, width: 8)
    #expect(try plan(sample, catalog: sized, history: try history()).openStages == 0)
    sized.imageSize = .init(height: 8, width: 8)
    #expect(try plan(sample, catalog: sized, history: try history()).openStages == 8)
    let resized = sample.replacing("{source: photos.tar}", with: "{source: photos.tar, size: 9}")
    #expect(try plan(resized, history: try history()).openStages == 0)
  }

  @Test func skippingLeavesNoMoreThanThereIs() throws {
    let skipping = sample.replacing(
      "{source: photos.tar}", with: "{source: photos.tar, unreadable: skip}")
    #expect(try plan(skipping, history: try history { $0.trainCounts[2] = 99 }).openStages == 8)
    #expect(try plan(skipping, history: try history { $0.trainCounts[2] = 101 }).openStages == 0)
  }
}
