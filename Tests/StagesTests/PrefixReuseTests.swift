import ArtifactStore
import Basics
import Execution
import Planning
import Stages
import SystemPackage
import TestSupport
import Testing

/// Trainings on kept activations of their frozen layers, beside the same on images.
@Suite struct PrefixReuseTests {
  private static let study =
    smallStudy
    .replacing("augment: {mirror: true}", with: "hold-out: {per-class: 3}")
    .replacing(
      "rest: initialize}, on: halves.B, solver: sgd",
      with:
        "rest: initialize}, on: halves.B, solver: sgd, validate: {every: 2 iterations, subset: [test, validation]}"
    )
    .replacing(
      "  R2B:",
      with: """
          slow-A2B:
            transfer: {from: base-A, layers: {first 2: freeze, rest: initialize}, on: halves.B, solver: slow}
          R2B:
        """)
  private static let only = ["A2B", "B2B", "A2B+", "R2B", "slow-A2B"]

  private let keeping = ActivationPolicy(budget: .max, keepsWithoutGain: true)
  private let plain = ActivationPolicy(budget: 0)

  private func remark(_ stage: String, _ summary: RunSummary) -> Value? {
    summary.outcome(of: stage)?.artifact?.record.provenance["frozen-prefix"]
  }

  /// What the plain runs of all stages give.
  private func expected(in folder: FilePath) async throws -> RunSummary {
    let study = Study(in: folder.appending("plain"))
    let summary = try await study.run(
      study.plan(Self.study, only: Self.only, activations: plain), threads: 1)
    #expect(summary.isComplete)
    #expect(Self.only.allSatisfy { remark($0, summary) == nil })
    return summary
  }

  @Test func trainingOnKeptActivationsEndsWithTheSameBits() async throws {
    try await withTemporaryFolder { folder in
      let expected = try await expected(in: folder)
      let study = Study(in: folder.appending("kept"))
      let summary = try await study.run(
        study.plan(Self.study, only: Self.only, activations: keeping))
      #expect(summary.digests == expected.digests)
      // Five classes of nine images, and three held out and six to test: each set has a file.
      for stage in ["A2B", "B2B", "R2B"] {
        #expect(remark(stage, summary)?["computed-images"] == 90, "\(stage)")
        #expect(remark(stage, summary)?["after"] == "conv2")
      }
      // The same layers and images as A2B, without measurements.
      #expect(remark("slow-A2B", summary)?["computed-images"] == 0)
      #expect(remark("A2B+", summary) == nil && remark("base-A", summary) == nil)
      #expect(try LocalFileSystem().names(in: study.store.activationsFolder).count == 9)
    }
  }

  @Test(arguments: [true, false])
  func interruptedTrainingsGoOnWithAndWithoutActivations(keepsFirst: Bool) async throws {
    struct Stopper: ExecutionObserver {
      let stop = StopSignal()
      func receive(_ event: ExecutionEvent, at time: Double) {
        guard case .stageProgress("A2B", let progress) = event, progress.unit == "iterations",
          progress.completed >= 3
        else { return }
        stop.request()
      }
    }
    try await withTemporaryFolder { folder in
      let expected = try await expected(in: folder)
      let study = Study(in: folder.appending("kept"))
      let hasty = TrainRunner(checkpointInterval: 1, time: TickingTimeSource(step: 200))
      let stopper = Stopper()
      let cut = try await study.run(
        study.plan(Self.study, only: ["A2B"], activations: keepsFirst ? keeping : plain),
        training: hasty, stop: stopper.stop,
        observer: stopper)
      #expect(cut.wasStopped)
      let found = try await study.run(
        study.plan(Self.study, only: ["A2B"], activations: keepsFirst ? plain : keeping),
        training: hasty)
      #expect(
        found.outcome(of: "A2B")?.artifact?.record.provenance["continued"]?["iteration"] == 3)
      #expect(found.digests["A2B"] == expected.digests["A2B"])
    }
  }

  @Test func computingActivationsGoesOnWhereItWasCutShort() async throws {
    struct Stopper: ExecutionObserver {
      let stop = StopSignal()
      func receive(_ event: ExecutionEvent, at time: Double) {
        guard case .stageProgress("A2B", let progress) = event, progress.unit == "images" else {
          return
        }
        stop.request()
      }
    }
    try await withTemporaryFolder { folder in
      // More images than are computed at once.
      let many = Self.study.replacing("train: 12", with: "train: 60")
      let plain = Study(in: folder.appending("plain"))
      let expected = try await plain.run(
        plain.plan(many, only: ["A2B"], activations: self.plain), threads: 1)
      let study = Study(in: folder.appending("kept"))
      let stopper = Stopper()
      let cut = try await study.run(
        study.plan(many, only: ["A2B"], activations: keeping), stop: stopper.stop,
        observer: stopper)
      #expect(cut.wasStopped)
      let found = try await study.run(study.plan(many, only: ["A2B"], activations: keeping))
      let other = Study(in: folder.appending("all"))
      let all = try await other.run(other.plan(many, only: ["A2B"], activations: keeping))
      let total = try #require(remark("A2B", all)?["computed-images"]?.asInteger)
      #expect(remark("A2B", found)?["computed-images"] == .integer(total - 64))
      #expect(found.digests["A2B"] == expected.digests["A2B"])
      #expect(try LocalFileSystem().names(in: study.store.root.appending("unfinished")).isEmpty)
    }
  }

  /// A run that is killed between the last activations and their digest leaves a bookmark of all of them.
  @Test func allActivationsMayBeKnownFromAnEarlierRun() async throws {
    final class Copier: ExecutionObserver {
      let stop = StopSignal()
      let folder: FilePath
      let files = Guarded<[String: [UInt8]]>([:])
      init(_ folder: FilePath) { self.folder = folder }

      func receive(_ event: ExecutionEvent, at time: Double) {
        guard case .stageProgress("A2B", let progress) = event, progress.unit == "images",
          progress.completed == progress.total
        else { return }
        stop.request()
        let system = LocalFileSystem()
        files.withLock { files in
          guard files.isEmpty, let own = try? system.names(in: folder).first else { return }
          for name in (try? system.names(in: folder.appending(own))) ?? [] {
            files[name] = try? system.read(folder.appending(own).appending(name))
          }
        }
      }
    }
    try await withTemporaryFolder { folder in
      // More images than are computed at once, and no multiple of these.
      let many = Self.study.replacing("train: 12", with: "train: 60")
      let plain = Study(in: folder.appending("plain"))
      let expected = try await plain.run(
        plain.plan(many, only: ["A2B"], activations: self.plain), threads: 1)
      let study = Study(in: folder.appending("kept"))
      let plan = try study.plan(many, only: ["A2B"], activations: keeping)
      let stage = try #require(plan.stages.first { $0.name == "A2B" })
      let unfinished = study.store.unfinishedWork(of: stage.fingerprint)
      let copier = Copier(unfinished)
      let hasty = TrainRunner(checkpointInterval: 1, time: TickingTimeSource(step: 200))
      let cut = try await study.run(
        plan, training: hasty, stop: copier.stop, observer: copier)
      #expect(cut.wasStopped)
      let files = copier.files.withLock { $0 }
      #expect(files.keys.contains { $0.hasSuffix(".bookmark") } && files.count == 2)
      let system = LocalFileSystem()
      try system.remove(study.store.activationsFolder)
      try system.remove(unfinished)
      try system.makeFolder(unfinished.appending("left~1"))
      for (name, bytes) in files {
        try system.write(bytes, to: unfinished.appending("left~1").appending(name))
      }
      let found = try await study.run(study.plan(many, only: ["A2B"], activations: keeping))
      let other = Study(in: folder.appending("all"))
      let all = try await other.run(other.plan(many, only: ["A2B"], activations: keeping))
      let total = try #require(remark("A2B", all)?["computed-images"]?.asInteger)
      #expect(remark("A2B", found)?["computed-images"] == .integer(total - 5 * 57))
      #expect(found.digests["A2B"] == expected.digests["A2B"])
    }
  }

  @Test func damagedActivationsAreComputedAnew() async throws {
    try await withTemporaryFolder { folder in
      let expected = try await expected(in: folder)
      let damages: [(inout [UInt8]) -> Void] = [
        { $0[$0.count / 2] ^= 1 }, { $0.removeLast() }, { $0[$0.count - 1] ^= 1 }, { $0 = [] },
      ]
      for (number, damage) in damages.enumerated() {
        let study = Study(in: folder.appending("kept-\(number)"))
        _ = try await study.run(study.plan(Self.study, only: ["A2B"], activations: keeping))
        let files = LocalFileSystem()
        for name in try files.names(in: study.store.activationsFolder) {
          let path = study.store.activationsFolder.appending(name)
          var bytes = try files.read(path)
          damage(&bytes)
          try files.write(bytes, to: path)
        }
        let plan = try study.plan(Self.study, only: ["slow-A2B"], activations: keeping)
        let found = try await study.run(plan)
        #expect(remark("slow-A2B", found)?["computed-images"] == 45, "\(number)")
        #expect(found.digests["slow-A2B"] == expected.digests["slow-A2B"], "\(number)")
      }
    }
  }

  @Test(.enabled(if: SmallDisk.isAllowed, "mounting a small file system is refused here"))
  func aDiskThatFillsUpWithActivationsHasRoomForWeightsYet() async throws {
    try await withTemporaryFolder { folder in
      let expected = try await expected(in: folder)
      try await SmallDisk.withDisk(kilobytes: 4000) { disk in
        let study = Study(in: disk.folder)
        _ = try await study.run(study.plan(Self.study, only: ["base-A"]))
        // The activations of the images trained on fit in (70 kB), those of all that is measured do not.
        try disk.fill(leaving: 120 << 10)
        let warnings = Warnings()
        let summary = try await study.run(
          study.plan(Self.study, only: ["A2B"], activations: keeping), threads: 1,
          observer: warnings)
        #expect(
          warnings.messages.contains {
            $0.contains("cannot be cached") && $0.contains("No space left on device")
          },
          "\(warnings.messages)")
        #expect(
          summary.digests["A2B"] == expected.digests["A2B"],
          "\(String(describing: summary.outcome(of: "A2B")))")
        #expect(try LocalFileSystem().names(in: study.store.activationsFolder) == [])
        #expect(try study.store.audit(isRepairing: false).findings.isEmpty)
        try disk.clear()
        let again = try await study.run(
          study.plan(Self.study, only: ["B2B"], activations: keeping))
        #expect(again.digests["B2B"] == expected.digests["B2B"])
        #expect(try LocalFileSystem().names(in: study.store.activationsFolder).count == 3)
      }
    }
  }

  @Test func activationsThatCannotBeKeptCostTimeOnly() async throws {
    try await withTemporaryFolder { folder in
      let expected = try await expected(in: folder)
      let study = Study(in: folder.appending("kept"))
      _ = try await study.run(study.plan(Self.study, only: ["base-A"]))
      let warnings = Obstacle(at: study.store.activationsFolder)
      let summary = try await study.run(
        study.plan(Self.study, only: ["A2B"], activations: keeping), observer: warnings)
      #expect(remark("A2B", summary)?["not-kept"] != nil)
      #expect(warnings.messages.contains { $0.contains("A2B") && $0.contains("cannot be cached") })
      #expect(summary.digests["A2B"] == expected.digests["A2B"])

      // 45 images take more than this, and with those to measure on, more than that.
      for budget in [10_000, 45 * 8 * 7 * 7 * 4] {
        let small = Study(in: folder.appending("small-\(budget)"))
        let summary = try await small.run(
          small.plan(
            Self.study, only: ["A2B"],
            activations: ActivationPolicy(budget: budget, keepsWithoutGain: true)))
        #expect(remark("A2B", summary) == nil)
        #expect(try LocalFileSystem().names(in: small.store.activationsFolder) == [])
        #expect(summary.digests["A2B"] == expected.digests["A2B"])
      }
    }
  }
}

/// Collects warnings, and puts a file in a folder's place once a stage has started: runs set aside what is there before.
private final class Obstacle: ExecutionObserver {
  private let warnings = Warnings()
  private let path: FilePath

  init(at path: FilePath) { self.path = path }

  var messages: [String] { warnings.messages }

  func receive(_ event: ExecutionEvent, at time: Double) {
    if case .stageStarted = event { try? LocalFileSystem().write("in the way", to: path) }
    warnings.receive(event, at: time)
  }
}
