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

  /// What planning noted of the files spares reading them again only as long as their stamps are the same.
  @Test(arguments: [false, true]) func filesThatChangeAfterThePlanAreNoticed(changes: Bool) throws {
    try withTemporaryFolder { folder in
      let files = LocalFileSystem()
      let photos = folder.appending("photos")
      let image = photos.appending("train/cat/1.png")
      for path in [image, photos.appending("test/cat/1.png")] {
        try files.makeFolder(path.removingLastComponent())
        try files.write("no image", to: path)
      }
      let dataset = DatasetDefinition(source: .path(photos.string))
      let store = Store(at: folder.appending("store"))
      // Long after the files were written, so that their stamps are conclusive.
      let catalog = StoreCatalog(store: store, time: TickingTimeSource(start: 4_000_000_000))
      let content = try catalog.facts(of: dataset).content.digest
      if changes { try files.write("other content", to: image) }
      let error = try #require(throws: DiagnosticError.self) {
        try PrepareRunner().run(
          PrepareWork(
            name: "photos", dataset: dataset, content: content, isAssumed: false, allImages: 2),
          of: #require(Study(in: folder).plan().stage("prepare-shapes")),
          in: StageContext(
            inputs: [:], workspace: folder, threads: 1, store: store, progress: { _ in },
            warn: { Issue.record("\($0)") }, shouldStop: { false }))
      }
      let message = changes ? "changed since the plan was made" : "cannot read the image"
      #expect("\(error)".contains(message), "\(error)")
    }
  }
}
