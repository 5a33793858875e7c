import Basics
import Definitions
import PipelineLanguage
import Planning
import Testing

/// Plans for missing data.
@Suite struct AssumedDataTests {
  private func assumed(
    _ keys: String, _ catalog: FakeCatalog = FakeCatalog(isEmpty: true)
  ) throws -> Plan {
    let text = sample.replacing("photos.tar", with: "photos.tar, \(keys)")
    return try Planner(
      description: describe(text), catalog: catalog, history: FakeHistory()
    ).plan(assumingData: true)
  }

  private let declared = "classes: 1000, images: {train: 1281167, test: {per-class: 50}}"

  @Test func theDeclarationStandsForTheData() throws {
    let plan = try assumed(declared)
    #expect(plan.assumed == ["photos"])
    #expect(plan.text.hasSuffix("\nmissing, assumed as declared: photos\n"))
    #expect(plan.value["assumed"] == ["photos"])
    #expect(plan.stages.count == 9)
    guard let work = plan.stage("base-A")?.work as? TrainWork else {
      Issue.record("base-A is trained")
      return
    }
    #expect(work.classes.count == 500)
  }

  @Test func namesMayBeDeclared() throws {
    let plan = try assumed("classes: [a, b, c, d], images: {train: 10, test: 4}")
    guard let work = plan.stage("base-A")?.work as? TrainWork else {
      Issue.record("base-A is trained")
      return
    }
    #expect(work.classes.count == 2)
    #expect(Set(work.classes).isSubset(of: ["a", "b", "c", "d"]))
  }

  @Test func whatIsThereIsNotAssumed() throws {
    let keys = "classes: 6, images: {train: 600, test: 60}"
    let real = try assumed(keys, FakeCatalog())
    #expect(real.assumed == [])
    #expect(!real.text.contains("assumed"))
    let imagined = try assumed(keys)
    // The same number of classes, but no stage is mistaken for another.
    let prints = Set(real.stages.map(\.fingerprint))
    #expect(imagined.stages.allSatisfy { !prints.contains($0.fingerprint) })
    #expect(
      imagined.stage("prepare-photos")?.settings["content"]?.asString?.hasPrefix("assumed ") == true
    )
  }

  @Test func otherDeclarationsAreOtherPlans() throws {
    let first = try assumed(declared).stages.map(\.fingerprint)
    #expect(try assumed(declared).stages.map(\.fingerprint) == first)
    let others = [
      declared.replacing("1281167", with: "1281168"), declared.replacing("50}", with: "51}"),
      declared.replacing("1000", with: "1001"),
    ]
    for other in others {
      #expect(try assumed(other).stages.map(\.fingerprint).allSatisfy { !first.contains($0) })
    }
  }

  @Test(arguments: [
    ("size: 8", "it must declare its classes"), ("classes: 6", "it must declare its images"),
    ("classes: 6, images: {train: 600}", "it must declare its images"),
  ])
  func declarationsMustSayEnough(keys: String, message: String) throws {
    let error = try #require(throws: DiagnosticError.self) { try assumed(keys) }
    #expect(error.diagnostics.count == 1)
    #expect(error.diagnostics[0].message.contains(message))
    #expect(error.diagnostics[0].span != nil)
  }

  @Test func nothingIsAssumedUnasked() throws {
    let text = sample.replacing("photos.tar", with: "photos.tar, \(declared)")
    #expect(throws: DiagnosticError.self) {
      try plan(text, catalog: FakeCatalog(isEmpty: true))
    }
  }

  @Test func totalsAreSharedOut() {
    #expect(DatasetDeclaration.Images.total(10).counts(classes: 4) == [3, 3, 2, 2])
    #expect(DatasetDeclaration.Images.perClass(2).counts(classes: 3) == [2, 2, 2])
  }
}
