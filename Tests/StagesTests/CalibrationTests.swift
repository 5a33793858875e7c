import Basics
import Definitions
import Engine
import Planning
import Stages
import TestSupport
import Testing

/// Measurements of networks for plans.
@Suite struct CalibrationTests {
  /// The processor, with a note of the batches that networks are made for.
  private final class Noting: Device {
    let batches = Guarded<[Int]>([])

    func check() throws {}
    func provenance() throws -> Value { try ProcessorDevice().provenance() }
    func makeNetwork(
      _ network: NetworkDefinition, for purpose: NetworkPurpose, maximumBatch: Int, threads: Int,
      operations: Range<Int>
    ) throws -> any TrainableNetwork {
      batches.withLock { $0.append(maximumBatch) }
      return try ProcessorDevice().makeNetwork(
        network, for: purpose, maximumBatch: maximumBatch, threads: threads, operations: operations)
    }
  }

  private static let text = smallStudy.replacing("batch: 16", with: "batch: 1000000")

  @Test func batchesAreThoseOfRuns() throws {
    try withTemporaryFolder { folder in
      let study = Study(in: folder)
      try study.store.openForWriting()
      let speeds = StoreSpeeds(store: study.store)
      let plan = try study.plan(Self.text, only: ["base-A"])
      let device = Noting()
      try speeds.calibrate(
        plan, on: device, threads: 1, memory: nil, progress: { _ in },
        refused: { Issue.record("\($0): \($1)") })
      // All images trained on, which are fewer than a batch; and a batch of an evaluation.
      #expect(device.batches.withLock { $0 } == [60, EvaluateWork.batch])
      let work = try #require(plan.stages.last?.work as? TrainWork)
      #expect(
        try Set(speeds.speeds(of: work.network).map(\.batch)) == [1_000_000, EvaluateWork.batch])
    }
  }

  /// A run beside others, or in a machine that is suspended, says little of the next.
  @Test func oneSlowRunHalvesASpeedAtMost() throws {
    try withTemporaryFolder { folder in
      let study = Study(in: folder)
      try study.store.openForWriting()
      let speeds = StoreSpeeds(store: study.store)
      let work = try #require(
        try study.plan(Self.text, only: ["base-A"]).stages.last?.work as? TrainWork)
      func note(_ rate: Double, threads: Int = 2, batch: Int = 32) throws -> [Double] {
        try speeds.note(
          MeasuredSpeed(
            states: [.learning], batch: batch, imagesPerSecond: rate, threads: threads),
          of: work.network)
        return try speeds.speeds(of: work.network).map(\.imagesPerSecond)
      }
      #expect(try note(1000) == [1000])
      #expect(try note(10) == [500])
      #expect(try note(900) == [900])
      #expect(try note(800) == [800])
      // Of fewer threads, and of other work, nothing is known.
      #expect(try note(20, threads: 1) == [20])
      #expect(try note(30, batch: 64) == [30, 20])
    }
  }

  @Test func whatTheMachineHasNoMemoryForIsNotMeasured() throws {
    try withTemporaryFolder { folder in
      let study = Study(in: folder)
      let device = Noting()
      var refused: [String] = []
      try StoreSpeeds(store: study.store).calibrate(
        study.plan(Self.text, only: ["base-*"]), on: device, threads: 1, memory: 1000,
        progress: { Issue.record("\($0) is measured") },
        refused: { stage, error in
          refused.append(stage)
          #expect(error.cause == .outOfMemory)
        })
      #expect(refused == ["base-A", "base-B"])
      #expect(device.batches.withLock { $0 }.isEmpty)
    }
  }
}
