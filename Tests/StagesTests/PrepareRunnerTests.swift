import ArtifactStore
import Basics
import Definitions
import Execution
import Planning
import Stages
import SystemPackage
import TestSupport
import Testing

@Suite struct PrepareRunnerTests {
  /// Runs the sample study's prepare stage as if other content had been planned.
  private func prepare(_ change: (inout PrepareWork) -> Void, in folder: FilePath) throws
    -> StageProduct
  {
    let stage = try #require(Study(in: folder).plan().stage("prepare-shapes"))
    var work = try #require(stage.work as? PrepareWork)
    change(&work)
    return try PrepareRunner().run(
      work, of: stage,
      in: StageContext(
        inputs: [:], workspace: folder, threads: 1, store: Store(at: folder), progress: { _ in },
        warn: { Issue.record("\($0)") },
        shouldStop: { false }))
  }

  @Test func plannedContentIsPacked() throws {
    try withTemporaryFolder { folder in
      let product = try prepare({ _ in }, in: folder)
      #expect(product.metrics["train"] == .list(Array(repeating: 12, count: 10)))
    }
  }

  @Test func contentThatWasNotPlannedIsRefused() throws {
    try withTemporaryFolder { folder in
      let error = try #require(throws: DiagnosticError.self) {
        try prepare({ $0.content = Fingerprint(of: "other content") }, in: folder)
      }
      #expect("\(error)".contains("the dataset has changed since the plan was made"))
    }
  }
}
