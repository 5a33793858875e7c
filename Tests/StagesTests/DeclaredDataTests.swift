import ArtifactStore
import Basics
import Definitions
import Execution
import Planning
import Stages
import SystemPackage
import TestSupport
import Testing

/// Declared order and listed classes, run for real; assumed data, refused.
@Suite struct DeclaredDataTests {
  @Test func labelsFollowTheDeclaredOrder() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      let found = try StoreCatalog(store: study.store).facts(of: shapes).content.classes
      let order = Array(found.reversed())
      let list = folder.appending("all.txt")
      try LocalFileSystem().write(
        order.map { "\($0) and more words\n" }.joined(), to: list)
      let half = folder.appending("half.txt")
      try LocalFileSystem().write("0\n1\n9\n", to: half)
      let text = smallStudy.replacing(
        "examples: {train: 12, test: 6}",
        with: "examples: {train: 12, test: 6}\n    classes: {file: \"\(list)\"}\n"
          + "    images: {train: 120, test: {per-class: 6}}"
      ).replacing(
        "random: {tasks: [A, B], seed: 1}",
        with: "classes: {A: {file: \"\(half)\", lists: indices}, B: [\(order[2]), \(order[3])]}")
      let plan = try study.plan(text, only: ["test-base-A"])
      guard let work = plan.stage("base-A")?.work as? TrainWork else {
        Issue.record("base-A is trained")
        return
      }
      #expect(work.classes == [order[0], order[1], order[9]])
      let summary = try await study.run(plan)
      let evaluation = summary.outcome(of: "test-base-A")?.artifact
      #expect(evaluation?.record.metrics["images"] == 18)
    }
  }

  private var shapes: DatasetDefinition {
    DatasetDefinition(source: .shapes(seed: 0, train: 12, test: 6))
  }

  @Test func listsAreFilesOfBoundedSize() throws {
    try withTemporaryFolder { folder in
      let catalog = StoreCatalog(store: Store(at: folder.appending("store")))
      for path in [folder.appending("nothing.txt"), folder, "/dev/zero"] {
        #expect(throws: DiagnosticError.self) { try catalog.contents(ofList: path.string) }
      }
    }
  }

  @Test func anAssumedPlanIsNotRun() async throws {
    try await withTemporaryFolder { folder in
      let study = Study(in: folder)
      var plan = try study.plan()
      plan.assumed = ["shapes"]
      let error = await #expect(throws: DiagnosticError.self) { try await study.run(plan) }
      #expect("\(String(describing: error))".contains("dataset 'shapes' is assumed"))
    }
  }
}
