import ArtifactStore
import Basics
import Testing

@Suite struct HeaderScannerTests {
  private func record(_ outputs: [String: StoredObject]) -> StageRecord {
    var record = sampleRecord()
    record.outputs = outputs
    return record
  }

  @Test func whatIsWrittenIsScanned() throws {
    for count in 0...3 {
      let outputs = (0..<count).map {
        ("file \($0).csv", StoredObject(digest: Fingerprint(of: "\($0)"), size: $0 * 1_000_003))
      }
      let record = record(Dictionary(uniqueKeysWithValues: outputs))
      let header = try #require(HeaderScanner.header(of: Array(record.json().utf8)))
      #expect(header.fingerprint == record.fingerprint)
      #expect(header.outputs.map(\.object) == (0..<count).map { record.outputs["file \($0).csv"]! })
    }
  }

  /// Left to the JSON reader, which reads them or reports the problem.
  @Test func whatLooksOtherwiseIsNot() throws {
    let object = StoredObject(digest: Fingerprint(of: "a"), size: 12)
    let text = record(["a": object]).json()
    for (old, new) in [
      ("\"format\":1", "\"format\":2"), ("\"size\":12", "\"size\":-12"),
      ("\"size\":12", "\"size\":012"), ("\"size\":12", "\"size\":1234567890123456789012"),
      ("\"a\"", "\"\\u0061\""), ("{\"header\"", "{ \"header\""),
      ("\"digest\":\"", "\"digest\":\"x"),
    ] {
      let other = text.replacing(old, with: new, maxReplacements: 1)
      #expect(other != text)
      #expect(HeaderScanner.header(of: Array(other.utf8)) == nil, "\(new)")
    }
    for length in 0..<text.utf8.firstIndex(of: UInt8(ascii: "\n"))!.utf16Offset(in: text) {
      #expect(HeaderScanner.header(of: Array(text.utf8.prefix(length))) == nil)
    }
    // An escaped name is read nevertheless.
    let escaped = record(["é\"\\": object])
    #expect(
      try StageRecord.Header(json: Array(escaped.json().utf8)).outputs
        == [NamedObject(name: "é\"\\", object: object)])
  }
}
