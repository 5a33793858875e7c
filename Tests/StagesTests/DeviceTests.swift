import Basics
import Definitions
import Engine
import Execution
import Planning
import Stages
import TestSupport
import Testing

/// Stages ask a device for their networks, and a run asks it first.
@Suite struct DeviceTests {
  /// A device that is not there.
  private struct Missing: Device {
    func check() throws { throw DiagnosticError("there is no such device") }
    func provenance() throws -> Value { throw DiagnosticError("there is no such device") }
    func makeNetwork(
      _ network: NetworkDefinition, for purpose: NetworkPurpose, maximumBatch: Int, threads: Int,
      operations: Range<Int>
    ) throws -> any TrainableNetwork {
      throw DiagnosticError("there is no such device")
    }
  }

  @Test func aMissingDeviceIsFoundBeforeTheRun() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let plan = try study.plan(only: ["base-A"])
      #expect {
        try plan.require(Missing())
      } throws: {
        "\($0)".contains("stage 'base-A' cannot run: there is no such device")
      }
      #expect(throws: Never.self) { try plan.require(ProcessorDevice()) }
      // Whoever does not ask learns it from the stage.
      let summary = try await study.run(plan, training: TrainRunner(device: Missing()))
      guard case .failed(let failure)? = summary.outcome(of: "base-A") else {
        Issue.record("the stage fails")
        return
      }
      #expect(failure.error.description.contains("there is no such device"))
      #expect(summary.produced == ["prepare-shapes"])
    }
  }

  @Test func aPlanThatIsAllCachedNeedsNoDevice() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      _ = try await study.run(study.plan(only: ["base-A"]))
      let plan = try study.plan(only: ["base-A"])
      #expect(throws: Never.self) { try plan.require(Missing()) }
    }
  }
}
