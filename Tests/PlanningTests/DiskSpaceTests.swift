import Basics
import Definitions
import Planning
import Testing

/// What packed images take on the disk, and runs that cannot have it.
@Suite struct DiskSpaceTests {
  private func dataset(_ options: String) -> String {
    sample.replacing("{source: photos.tar}", with: "{source: photos.tar, \(options)}")
  }

  private func cost(_ options: String, channels: Int = 3) throws -> StageCost? {
    let text = dataset(options).replacing("input: [3,", with: "input: [\(channels),")
    return try plan(text).stage("prepare-photos")?.cost
  }

  @Test func encodedImagesArePricedByTheirQuality() throws {
    let pixels = 660 * 3 * 256 * 256
    #expect(try cost("size: 256")?.disk == pixels)
    #expect(try cost("size: 256, storage: pixels")?.leastDisk == pixels)
    let usual = try #require(try cost("size: 256, storage: jpeg")?.disk)
    #expect(try cost("size: 256, storage: {jpeg: {quality: 90}}")?.disk == usual)
    // 1.28 million photographs take about 32 GB.
    #expect(Double(usual) / 660 * 1.28e6 > 28e9 && Double(usual) / 660 * 1.28e6 < 34e9)
    var last = 0
    for quality in [1, 30, 50, 60, 75, 80, 85, 90, 95, 98, 100] {
      let bytes = try #require(
        try cost("size: 256, storage: {jpeg: {quality: \(quality)}}")?.disk)
      #expect(bytes > last)
      last = bytes
    }
    #expect(last < pixels)
    let gray = try #require(try cost("size: 256, channels: 1, storage: jpeg", channels: 1)?.disk)
    #expect(gray < usual && gray > usual / 2)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let text = dataset("size: 256")
    let plan = try plan(text)
    try plan.requireSpace(nil)
    try plan.requireSpace(129_761_280)
    let error = #expect(throws: DiagnosticError.self) { try plan.requireSpace(129_761_279) }
    let message = "\(try #require(error))"
    #expect(
      message.contains(
        "packed images take at least 130 MB (stage 'prepare-photos'), but the disk of the store has 130 MB free"
      ))
    #expect(
      message.contains("'storage: jpeg' in dataset 'photos' takes about 16.5 MB"), "\(message)")
    // An estimate is not what something takes for certain.
    let encoded = try PlanningTests.plan(dataset("size: 256, storage: jpeg"))
    try encoded.requireSpace(6_000_000)
    let refused = #expect(throws: DiagnosticError.self) { try encoded.requireSpace(5_000_000) }
    #expect(!"\(try #require(refused))".contains("storage: jpeg"))
    // Finished and unfinished packing has its space.
    var history = FakeHistory(after: plan)
    try PlanningTests.plan(text, history: history).requireSpace(0)
    history.remove("prepare-photos")
    history.unfinished.insert(plan.stages[0].fingerprint)
    try PlanningTests.plan(text, history: history).requireSpace(0)
  }
}
