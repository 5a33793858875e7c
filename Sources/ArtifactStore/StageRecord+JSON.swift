import Basics

extension StageRecord {
  /// The format this program writes, and the only one that it reads.
  static let format = 1

  /// The record as it is stored: the format, the record, and a digest over it.
  func json() -> String {
    let body = Value.map([
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
    ])
    return Value.map([
      "format": .integer(StageRecord.format), "record": body,
      "digest": .string(body.fingerprint.hexadecimal),
    ]).json() + "\n"
  }

  /// Reads a stored record.
  ///
  /// - Throws: `ArtifactDamage` for a record of another format, or one that is not as it was written.
  init(json bytes: [UInt8]) throws(ArtifactDamage) {
    let document: Value
    do { document = try Value(json: bytes) } catch { throw .recordDamaged("\(error)") }
    guard let format = document["format"]?.asInteger else { throw .recordDamaged("no format") }
    guard format == StageRecord.format else { throw .recordOfOtherFormat(format) }
    guard let body = document["record"],
      document["digest"]?.asString == body.fingerprint.hexadecimal
    else { throw .recordDamaged("its digest does not match") }
    try self.init(body)
  }

  private init(_ body: Value) throws(ArtifactDamage) {
    func field<Field>(_ name: String, _ read: (Value) -> Field?) throws(ArtifactDamage) -> Field {
      guard let field = body[name].flatMap(read) else {
        throw .recordDamaged("no proper field '\(name)'")
      }
      return field
    }
    self.init(
      fingerprint: try field("fingerprint", Fingerprint.init),
      stage: try field("stage", \.asString),
      pipeline: try field("pipeline", \.asString),
      kind: try field("kind", \.asString),
      revision: try field("revision", \.asInteger),
      settings: try field("settings") { $0 },
      inputs: try field("inputs") { $0.asMap?.allMapped(Fingerprint.init) },
      outputs: try field("outputs") { $0.asMap?.allMapped(StoredObject.init) },
      metrics: try field("metrics") { $0 },
      provenance: try field("provenance") { $0 },
      started: try field("started", \.double),
      seconds: try field("seconds", \.double))
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
      let size = value["size"]?.asInteger
    else { return nil }
    self.init(digest: digest, size: size)
  }
}

extension Dictionary {
  /// All values transformed; `nil` where one of them cannot be.
  fileprivate func allMapped<Result>(_ transform: (Value) -> Result?) -> [Key: Result]? {
    var result: [Key: Result] = [:]
    for (key, value) in self {
      guard let transformed = transform(value) else { return nil }
      result[key] = transformed
    }
    return result
  }
}
