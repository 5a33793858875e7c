import Basics
import Execution
import Planning
import Stages
import SystemPackage
import TestSupport
import Testing

/// What is trained depends on the packed images, not on how they were wrapped.
@Suite struct EqualImagesTests {
  private let only = ["test-A2B"]
  private let stages = ["prepare-shapes", "base-A", "A2B", "test-A2B"]

  /// The study with another option of its dataset.
  private func study(with option: String, _ text: String = smallStudy) -> String {
    text.replacing("source: builtin:shapes", with: "source: builtin:shapes\n    \(option)")
  }

  private func inStudy(_ body: (Study, RunSummary) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let first = try await study.run(study.plan(only: only))
      #expect(first.produced == stages)
      try await body(study, first)
    }
  }

  private func run(_ study: Study, _ text: String, forced: [String] = []) async throws -> RunSummary
  {
    try await study.run(
      study.plan(text, only: only, forced: forced),
      deciding: { [only] in try study.plan(text, only: only, forced: forced) })
  }

  @Test(arguments: ["unreadable: skip", "size: 32", "fit: crop"])
  func theSameImagesRerunNothing(option: String) async throws {
    try await inStudy { study, first in
      let wrapped = self.study(with: option)
      let plan = try study.plan(wrapped, only: only)
      #expect(plan.summary == "4 stages: 0 cached, 1 to run, 3 waiting")
      #expect(
        plan.stages.map(\.status.isOpen) == [false, true, true, true]
          && plan.stages.map(\.decides) == [true, false, false, false])
      #expect(
        plan.stage("test-A2B")?.status == .waiting(on: ["prepare-shapes", "A2B"], .imagesMayDiffer))
      #expect(plan.text.contains("reruns only if the images differ"))

      let second = try await run(study, wrapped)
      #expect(second.produced == ["prepare-shapes"])
      #expect(second.digests == first.digests)
      for stage in stages.dropFirst() {
        #expect(
          second.outcome(of: stage)?.artifact?.record.fingerprint
            == first.outcome(of: stage)?.artifact?.record.fingerprint)
      }
      #expect(try study.plan(wrapped, only: only).toRunNames == [])
      #expect(try study.plan(only: only).toRunNames == [])
      // A new stage on the same images is that of both.
      let more = try await study.run(study.plan(wrapped, only: ["test-B2B"]))
      #expect(more.produced == ["base-B", "B2B", "test-B2B"])
      #expect(try study.plan(only: ["test-B2B"]).toRunNames == [])
      #expect(try study.store.audit(isRepairing: false).findings.isEmpty)
    }
  }

  @Test func otherImagesRerunWhatReadsThem() async throws {
    try await inStudy { study, first in
      let other = self.study(with: "seed: 3")
      #expect(try study.plan(other, only: only).openStages == 3)
      let second = try await run(study, other)
      #expect(second.produced == stages)
      let data = second.outcome(of: "prepare-shapes")?.artifact?.record.fingerprint
      #expect(second.outcome(of: "base-A")?.artifact?.record.inputs["data"] == data)
      #expect(try study.plan(other, only: only).toRunNames == [])
      #expect(try study.plan(only: only).toRunNames == [])
      // The first images in another wrapping: it is the first stage that is repeated, not the latest.
      let third = try await run(study, self.study(with: "fit: crop"))
      #expect(third.produced == ["prepare-shapes"])
    }
  }

  @Test func imagesThatDifferForCertainAreNoReasonToWait() async throws {
    try await inStudy { study, _ in
      for other in [
        self.study(with: "channels: 1").replacing("[3, 32, 32]", with: "[1, 32, 32]"),
        smallStudy.replacing("train: 12", with: "train: 13"), self.study(with: "size: 40"),
      ] {
        let plan = try study.plan(other, only: only)
        #expect(plan.openStages == 0)
      }
    }
  }

  @Test func otherChangesRunWhateverTheImages() async throws {
    try await inStudy { study, _ in
      let changed = self.study(
        with: "fit: crop", smallStudy.replacing("rate: 0.01", with: "rate: 0.02"))
      let plan = try study.plan(changed, only: only)
      #expect(plan.openStages == 0 && plan.leavesFingerprintsOpen)
      #expect(plan.text.contains("solver.rate"))
      let second = try await run(study, changed)
      #expect(second.produced == stages)
      #expect(try study.plan(changed, only: only).toRunNames == [])
      let unwrapped = smallStudy.replacing("rate: 0.01", with: "rate: 0.02")
      #expect(try study.plan(unwrapped, only: only).toRunNames == [])
    }
  }

  @Test func forcedStagesRunOnce() async throws {
    try await inStudy { study, first in
      let second = try await run(study, self.study(with: "fit: crop"), forced: ["*"])
      #expect(second.produced == stages && second.digests == first.digests)
    }
  }

  @Test func twoNamesOfTheSameImagesShareTheirTrainings() async throws {
    try await inStudy { study, _ in
      let both =
        smallStudy.replacing(
          "datasets:\n",
          with:
            "datasets:\n  again: {source: builtin:shapes, fit: crop, examples: {train: 12, test: 6}, augment: {mirror: true}}\n"
        ).replacing(
          "stages:\n",
          with: """
            stages:
              twin: {train: {network: net, on: halves.A, solver: sgd, seed: 0}}
              other: {train: {network: net, on: others.A, solver: sgd, seed: 0}}

            """
        ).replacing(
          "splits:\n",
          with: "splits:\n  others: {dataset: again, random: {tasks: [A, B], seed: 1}}\n")
      let plan = try study.plan(both, only: ["twin", "other"])
      let names = ["twin", "other"]
      let summary = try await study.run(plan, deciding: { try study.plan(both, only: names) })
      #expect(summary.produced == ["prepare-again"])
      #expect(summary.outcome(of: "other")?.artifact != nil)
    }
  }
}

extension Plan {
  var leavesFingerprintsOpen: Bool { stages.contains(where: \.isAssumed) }
}
