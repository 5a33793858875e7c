import Basics
import Datasets
import Definitions
import SystemPackage
import TestSupport
import Testing

/// What the headers of images say is known from the inspection, without decoding.
@Suite struct HeaderSurveyTests {
  private func turned(_ file: [UInt8]) -> [UInt8] {
    png(file, adding: chunk("eXIf", exif(orientation: 6, littleEndian: true)))
  }

  private func headers(
    _ files: [String: [UInt8]], isFolder: Bool,
    _ change: (inout DatasetDefinition) -> Void = { _ in }
  ) throws -> HeaderSurvey {
    try withTemporaryFolder { folder in
      let path = folder.appending("data")
      if isFolder {
        try writeFiles(files, to: path)
      } else {
        try writeArchive(members(files), to: path, kind: .compressedTar)
      }
      var definition = dataset(at: path)
      change(&definition)
      return try #require(try definition.inspect(known: nil).summary.headers)
    }
  }

  @Test(arguments: [true, false]) func problemsAreFoundWithoutDecoding(isFolder: Bool) throws {
    var files = try smallDataset()
    #expect(try headers(files, isFolder: isFolder).unreadable == 0)
    files["train/cat/7.jpg"] = []
    files["test/dog/8.png"] = Array("<html>".utf8)
    files["train/dog/note.txt"] = Array("a note".utf8)
    files["train/dog/huge.png"] = emptyPNG(height: 60_000, width: 60_000)
    let found = try headers(files, isFolder: isFolder)
    #expect(found.unreadable == 3 && found.sizes.count == 1)
    #expect(
      found.reasons == [
        .init(name: "train/cat/7.jpg", text: "it is empty"),
        .init(name: "train/dog/huge.png", text: "its size of 60000×60000 is not plausible"),
        .init(name: "test/dog/8.png", text: "it is an HTML page, not JPEG or PNG"),
      ], "\(found.reasons)")
  }

  @Test(arguments: [true, false]) func orientationsAreCounted(isFolder: Bool) throws {
    var files = try smallDataset()
    let large = turned(try png(noise(count: 90 * 70 * 3, seed: 3), height: 90, width: 70))
    files["train/cat/7.png"] = large
    // Behind the pixels, where it is permitted too.
    let end = large.count - 12
    let late = png(try png(noise(count: 90 * 70 * 3, seed: 4), height: 90, width: 70), adding: [])
    files["train/cat/8.png"] =
      Array(late.dropLast(12)) + chunk("eXIf", exif(orientation: 8, littleEndian: true))
      + large[end...]
    let found = try headers(files, isFolder: isFolder)
    #expect(found.turned == 2)
    // Upright, both are 70 high.
    #expect(
      Set(found.sizes.map(\.size)) == [.init(height: 6, width: 8), .init(height: 70, width: 90)])
    let ignoring = try headers(files, isFolder: isFolder) { $0.orientation = .ignore }
    #expect(ignoring.turned == 0)
    #expect(
      Set(ignoring.sizes.map(\.size)) == [.init(height: 6, width: 8), .init(height: 90, width: 70)])
  }

  /// The segment with the orientation of a photograph is longer than what is read first.
  @Test func aLongSegmentIsReadWhole() throws {
    var files = try smallDataset()
    let block = Array("Exif\0\0".utf8) + exif(orientation: 3, littleEndian: true)
    let photo = jpeg(
      jpeg(
        try jpeg(gradient(height: 6, width: 8), height: 6, width: 8), adding: 0xe1,
        block + [UInt8](repeating: 0, count: 60_000)), adding: 0xe2,
      [UInt8](repeating: 7, count: 65_000))
    files["train/cat/7.jpg"] = photo
    let found = try headers(files, isFolder: false)
    #expect(found.turned == 1 && found.sizes.count == 1)
  }

  @Test func linksInArchivesCountAsTheirTargets() throws {
    try withTemporaryFolder { folder in
      var all = members(try smallDataset())
      all.append(.file("train/cat/7.png", turned(try png([1, 2, 3], height: 1, width: 1))))
      all.append(.symbolicLink("train/dog/7.png", to: "../cat/7.png"))
      let archive = folder.appending("a.tar")
      try writeArchive(all, to: archive, kind: .tar)
      let found = try dataset(at: archive).inspect(known: nil).summary.headers
      #expect(found?.turned == 2)
    }
  }

  /// Summaries of earlier versions have no headers: the source is read again, with the same digest.
  @Test func earlierSummariesAreCompleted() throws {
    try withTemporaryFolder { folder in
      try writeFiles(try smallDataset(), to: folder)
      let later = TickingTimeSource(start: 1e11)
      let first = try dataset(at: folder).inspect(known: nil, time: later)
      var entries = first.summary.value.asMap ?? [:]
      #expect(entries.removeValue(forKey: "headers") != nil)
      let old = try #require(DatasetSummary(.map(entries)))
      #expect(old.headers == nil)
      let again = try dataset(at: folder).inspect(known: (first.stamp, old), time: later)
      #expect(again.summary.headers == first.summary.headers && again.summary.headers != nil)
      #expect(again.summary.digest == first.summary.digest)
    }
  }

  @Test func theRecordIsReadAsItIsWritten() throws {
    var survey = HeaderSurvey()
    #expect(HeaderSurvey(survey.value) == survey)
    for number in 0..<30 { survey.addUnreadable("train/a/\(number)", because: "it is empty") }
    survey.turned = 4
    survey.addSize(.init(name: "a", size: .init(height: 3, width: 4)))
    survey.addSize(.init(name: "b", size: .init(height: 3, width: 4)))
    survey.addSize(.init(name: "c", size: .init(height: 4, width: 3)))
    survey.addSize(.init(name: "d", size: .init(height: 5, width: 3)))
    #expect(survey.reasons.count == 20 && survey.sizes.map(\.name) == ["a", "c"])
    #expect(HeaderSurvey(survey.value) == survey)
    for (key, odd) in [
      ("unreadable", -1), ("turned", "x"), ("sizes", [["a", 0, 1]]), ("reasons", [["a"]]),
    ] as [(String, Value)] {
      var entries = survey.value.asMap ?? [:]
      entries[key] = odd
      #expect(HeaderSurvey(.map(entries)) == nil, "\(key)")
    }
  }

  @Test func whatPackingWouldRefuseIsAProblem() throws {
    var definition = DatasetDefinition(source: .path("x"))
    var survey = HeaderSurvey()
    #expect(throws: Never.self) { try survey.check(definition, name: "d") }
    survey.addUnreadable("train/a/1", because: "it is empty")
    survey.addSize(.init(name: "a", size: .init(height: 3, width: 4)))
    survey.addSize(.init(name: "c", size: .init(height: 4, width: 3)))
    let both = #expect(throws: DiagnosticError.self) { try survey.check(definition, name: "d") }
    #expect(both?.diagnostics.count == 2)
    #expect(both?.description.contains("'a' is 3×4, 'c' is 4×3 (height×width)") == true)
    definition.unreadable = .skip
    definition.size = .init(height: 4, width: 4)
    #expect(throws: Never.self) { try survey.check(definition, name: "d") }
  }
}
