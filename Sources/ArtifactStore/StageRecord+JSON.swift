import Basics

extension StageRecord {
  /// The format that this program writes, and the only one that it reads.
  static let format = 1

  /// The entire record, with the keys of its stored form.
  package var value: Value {
    var entries: [String: Value] = [
      "fingerprint": .string(fingerprint.hexadecimal),
      "stage": .string(stage),
      "pipeline": .string(pipeline),
      "kind": .string(kind),
      "revision": .integer(revision),
      "settings": settings,
      "inputs": .map(inputs.mapValues { .string($0.hexadecimal) }),
      "outputs": .map(
        outputs.mapValues {
          ["digest": .string($0.digest.hexadecimal), "size": .integer($0.size)]
        }),
      "metrics": metrics,
      "provenance": provenance,
      "started": .number(started),
      "seconds": .number(seconds),
    ]
    if let read {
      entries["read"] = .map(
        read.mapValues { .map($0.mapValues { .string($0.hexadecimal) }) })
    }
    return .map(entries)
  }

  /// The stored form of the record: one JSON object in three lines.
  ///
  ///     {"header":{"fingerprint":"…","format":1,"outputs":{"weights":{"digest":"…","size":123}}},
  ///     "record":{"inputs":{…},"kind":"train","metrics":{…},…},
  ///     "digest":"…"}
  ///
  /// The digest is the SHA-256 of the first two lines with their line breaks. The header, on a
  /// separate line, shows whether an artifact exists without reading thousands of settings.
  package func json() -> String {
    var body = value.asMap ?? [:]
    var header: [String: Value] = ["format": .integer(StageRecord.format)]
    for key in ["fingerprint", "outputs"] { header[key] = body.removeValue(forKey: key) }
    let (first, second) = (Value.map(header).json(), Value.map(body).json())
    let text = "{\"header\":\(first),\n\"record\":\(second),\n"
    return text + "\"digest\":\"\(Fingerprint(of: text).hexadecimal)\"}\n"
  }

  /// Whether the last line of a stored record is the digest of everything before it.
  static func isIntact(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let (before, after): (StaticString, StaticString) = ("\"digest\":\"", "\"}\n")
    let start = bytes.count - before.utf8CodeUnitCount - 64 - after.utf8CodeUnitCount
    guard start > 0 else { return false }
    var line = bytes[start...]
    func take(_ text: StaticString) -> Bool {
      let count = text.utf8CodeUnitCount
      defer { line = line.dropFirst(count) }
      return line.prefix(count).elementsEqual(
        UnsafeBufferPointer(start: text.utf8Start, count: count))
    }
    guard take(before) else { return false }
    let digits = UnsafeBufferPointer(rebasing: line.prefix(64))
    line = line.dropFirst(64)
    return take(after)
      && Fingerprint(hexadecimal: digits)
        == Fingerprint(
          of: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<start]))
  }

  /// - Throws: `ArtifactDamage` for a record that has changed since it was written.
  fileprivate static func requireIntact(_ bytes: [UInt8]) throws(ArtifactDamage) {
    guard bytes.withUnsafeBufferPointer(isIntact) else {
      throw .recordDamaged("its digest does not match")
    }
  }

  /// Reads a stored record.
  ///
  /// - Throws: `ArtifactDamage` for a record of another format, or one that has changed since it was written.
  init(json bytes: [UInt8]) throws(ArtifactDamage) {
    let header = try Header(json: bytes)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2)
    guard lines.count == 3 else { throw .recordDamaged("lines are missing") }
    let body: Value
    do { body = try Value(json: lines[1].inside("\"record\":")) } catch {
      throw .recordDamaged("\(error)")
    }
    try self.init(header, body)
  }

  private init(_ header: Header, _ body: Value) throws(ArtifactDamage) {
    func field<Field>(_ name: String, _ read: (Value) -> Field?) throws(ArtifactDamage) -> Field {
      guard let field = body[name].flatMap(read) else {
        throw .recordDamaged("no proper field '\(name)'")
      }
      return field
    }
    func digests(_ value: Value) -> [String: [String: Fingerprint]]? {
      value.asMap?.allMapped { $0.asMap?.allMapped(Fingerprint.init) }
    }
    self.init(
      fingerprint: header.fingerprint,
      stage: try field("stage", \.asString),
      pipeline: try field("pipeline", \.asString),
      kind: try field("kind", \.asString),
      revision: try field("revision", \.asInteger),
      settings: try field("settings") { $0 },
      inputs: try field("inputs") { $0.asMap?.allMapped(Fingerprint.init) },
      read: body["read"] == nil ? nil : try field("read", digests),
      // Names with different bytes can still be equal as strings.
      outputs: Dictionary(header.outputs.map { ($0.name, $0.object) }) { first, _ in first },
      metrics: try field("metrics") { $0 },
      provenance: try field("provenance") { $0 },
      started: try field("started", \.double),
      seconds: try field("seconds", \.double))
  }

  /// The part of a record that determines whether a stage's artifact exists.
  package struct Header: Equatable {
    package var fingerprint: Fingerprint
    /// By ascending UTF-8 bytes of their names.
    package var outputs: [NamedObject]

    init(fingerprint: Fingerprint, outputs: [NamedObject]) {
      self.fingerprint = fingerprint
      self.outputs = outputs
    }

    /// Reads the first line of a stored record, and compares all of it with its digest.
    ///
    /// - Throws: `ArtifactDamage` for a record of another format, or a damaged one.
    package init(json bytes: [UInt8]) throws(ArtifactDamage) {
      if let header = HeaderScanner.header(of: bytes) {
        try StageRecord.requireIntact(bytes)
        self = header
        return
      }
      let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
      let header: Value
      do { header = try Value(json: line.inside("{\"header\":")) } catch {
        // Another format may have other lines, but its header states which it is.
        if let format = (try? Value(json: bytes))?["header"]?["format"]?.asInteger,
          format != StageRecord.format
        {
          throw .recordOfOtherFormat(format)
        }
        throw .recordDamaged("\(error)")
      }
      guard let format = header["format"]?.asInteger else { throw .recordDamaged("no format") }
      guard format == StageRecord.format else { throw .recordOfOtherFormat(format) }
      guard let fingerprint = header["fingerprint"].flatMap({ Fingerprint($0) }),
        let outputs = header["outputs"]?.asMap?.allMapped(StoredObject.init)
      else { throw .recordDamaged("no proper header") }
      try StageRecord.requireIntact(bytes)
      self.fingerprint = fingerprint
      self.outputs = outputs.namedObjects
    }
  }
}

extension ArraySlice<UInt8> {
  /// The text between a prefix and the comma at the end of a line; empty if the line has a different form.
  fileprivate func inside(_ prefix: String) -> [UInt8] {
    guard starts(with: prefix.utf8), last == UInt8(ascii: ",") else { return [] }
    return Array(dropFirst(prefix.utf8.count).dropLast())
  }
}

extension Fingerprint {
  fileprivate init?(_ value: Value) {
    guard let text = value.asString else { return nil }
    self.init(hexadecimal: text)
  }
}

extension StoredObject {
  fileprivate init?(_ value: Value) {
    guard let digest = value["digest"].flatMap({ Fingerprint($0) }),
      let size = value["size"]?.asInteger, StoredObject.sizes ~= size
    else { return nil }
    self.init(digest: digest, size: size)
  }
}

extension Dictionary {
  /// All values transformed; `nil` if one of them cannot be.
  fileprivate func allMapped<Result>(_ transform: (Value) -> Result?) -> [Key: Result]? {
    var result: [Key: Result] = [:]
    for (key, value) in self {
      guard let transformed = transform(value) else { return nil }
      result[key] = transformed
    }
    return result
  }
}
