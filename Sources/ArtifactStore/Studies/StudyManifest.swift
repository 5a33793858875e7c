import Basics

/// The content of a study's archive: its first file.
///
/// A study's archive is a tar file of
///
///     cambium-study.json                        this manifest
///     checkpoints/<trajectory>/<state>/<file>   states of unfinished training runs
///     objects/<digest>                          outputs of finished stages
///     records/<fingerprint>.json                records of finished stages
///     files/<path>                              pipeline files and what they read
///
/// in this order, so that any part of a truncated archive can be used. It does not depend on when or where it was
/// written.
package struct StudyManifest: Hashable, Sendable {
  /// The format that this program writes, and the only one that it reads.
  static let format = 1
  /// Its path in the archive.
  static let path = "cambium-study.json"
  /// A list of contents with more values than a study of a million files is rejected without parsing.
  static let mostValues = 1 << 22

  /// A file of the archive.
  package struct Entry: Hashable, Sendable {
    package var place: StudyPlace
    package var content: FileDigest
  }

  /// The fingerprint that a stage had in its latest run.
  package struct Latest: Hashable, Sendable {
    package var pipeline: String
    package var stage: String
    package var fingerprint: Fingerprint

    package init(pipeline: String, stage: String, fingerprint: Fingerprint) {
      self.pipeline = pipeline
      self.stage = stage
      self.fingerprint = fingerprint
    }
  }

  /// A stage that has repeated the outputs of an earlier one, which stands for it.
  package struct Original: Hashable, Sendable {
    package var fingerprint: Fingerprint
    package var original: Fingerprint

    package init(fingerprint: Fingerprint, original: Fingerprint) {
      self.fingerprint = fingerprint
      self.original = original
    }
  }

  /// A finished stage that longer training runs can resume from.
  package struct End: Hashable, Sendable {
    package var trajectory: Fingerprint
    package var mark: TrainingMark
    package var fingerprint: Fingerprint
    package var stage: String

    package init(
      trajectory: Fingerprint, mark: TrainingMark, fingerprint: Fingerprint, stage: String
    ) {
      self.trajectory = trajectory
      self.mark = mark
      self.fingerprint = fingerprint
      self.stage = stage
    }
  }

  /// Facts about a dataset or file that need not exist.
  package struct KnownSource: Hashable, Sendable {
    package var source: OutsideSource
    package var facts: Value

    package init(_ source: OutsideSource, facts: Value) {
      self.source = source
      self.facts = facts
    }
  }

  /// The pipeline files, by their paths in `files/`.
  package var pipelines: [String] = []
  /// The parameter settings of the study: `epochs=20`.
  package var settings: [String] = []
  package var sources: [KnownSource] = []
  package var latest: [Latest] = []
  package var originals: [Original] = []
  package var ends: [End] = []
  /// All other files, in the order of the archive.
  package var entries: [Entry] = []
}

extension StudyManifest {
  /// The number of items of one type, and their size.
  package struct Total: Hashable, Sendable {
    package var count = 0
    package var bytes = 0

    mutating func add(_ bytes: Int) {
      count += 1
      self.bytes += bytes
    }
  }

  package var records: Total { total { if case .record = $0 { true } else { false } } }
  package var objects: Total { total { if case .object = $0 { true } else { false } } }
  package var files: Total { total { if case .file = $0 { true } else { false } } }

  /// States of training runs, consisting of several files each.
  package var checkpoints: Total {
    var total = Total()
    var states: Set<String> = []
    for entry in entries {
      guard case .checkpoint(_, let state, _) = entry.place else { continue }
      states.insert(state)
      total.bytes += entry.content.size
    }
    total.count = states.count
    return total
  }

  private func total(_ counts: (StudyPlace) -> Bool) -> Total {
    var total = Total()
    for entry in entries where counts(entry.place) { total.add(entry.content.size) }
    return total
  }
}

// MARK: - As JSON

extension StudyManifest {
  /// The stored form of the manifest: two lines, the second with the digest of the first.
  var json: String {
    var body: [String: Value] = [
      "format": .integer(StudyManifest.format),
      "pipelines": .list(pipelines.map(Value.string)),
      "settings": .list(settings.map(Value.string)),
      "datasets": .list(
        sources.map {
          [
            "kind": .string($0.source.kind.rawValue), "pipeline": .string($0.source.pipeline),
            "path": .string($0.source.path), "facts": $0.facts,
          ]
        }),
      "latest": .list(
        latest.map {
          [
            "pipeline": .string($0.pipeline), "stage": .string($0.stage),
            "fingerprint": .string($0.fingerprint.hexadecimal),
          ]
        }),
      "ends": .list(
        ends.map {
          [
            "trajectory": .string($0.trajectory.hexadecimal),
            "iteration": .integer($0.mark.iteration), "per-epoch": .integer($0.mark.perEpoch),
            "rates": .string($0.mark.rates.hexadecimal),
            "fingerprint": .string($0.fingerprint.hexadecimal), "stage": .string($0.stage),
          ]
        }),
      "entries": .list(
        entries.map {
          [
            "path": .string($0.place.path), "size": .integer($0.content.size),
            "digest": .string($0.content.digest.hexadecimal),
          ]
        }),
    ]
    // Most studies have none, and their archives are those of earlier versions.
    if !originals.isEmpty {
      body["originals"] = .list(
        originals.map {
          [
            "fingerprint": .string($0.fingerprint.hexadecimal),
            "original": .string($0.original.hexadecimal),
          ]
        })
    }
    let first = "{\"study\":\(Value.map(body).json()),\n"
    return first + "\"digest\":\"\(Fingerprint(of: first).hexadecimal)\"}\n"
  }

  /// Reads a stored manifest.
  ///
  /// - Throws: `DiagnosticError` if it has another format, has changed since it was written, or contains invalid
  ///   entries.
  init(json bytes: [UInt8]) throws(DiagnosticError) {
    guard let value = try? Value(json: bytes, mostValues: StudyManifest.mostValues),
      let body = value["study"]
    else {
      throw StudyManifest.damaged("it is not JSON")
    }
    guard let format = body["format"]?.asInteger else { throw StudyManifest.damaged("no format") }
    guard format == StudyManifest.format else {
      throw DiagnosticError(
        "the archive has format \(format), but this program reads format \(StudyManifest.format)")
    }
    let first = bytes.prefix { $0 != UInt8(ascii: "\n") } + [UInt8(ascii: "\n")]
    guard value["digest"]?.asString == Fingerprint(of: Array(first)).hexadecimal else {
      throw StudyManifest.damaged("its digest does not match")
    }
    func list<Element>(
      _ key: String, _ read: (Value) -> Element?
    ) throws(DiagnosticError) -> [Element] {
      guard let values = body[key]?.asList else { throw StudyManifest.damaged("no list '\(key)'") }
      var elements: [Element] = []
      for value in values {
        guard let element = read(value) else {
          throw StudyManifest.damaged("'\(key)' contains an invalid entry: \(value.json())")
        }
        elements.append(element)
      }
      return elements
    }
    pipelines = try list("pipelines") { $0.asString }
    settings = try list("settings") { $0.asString }
    sources = try list("datasets") { value in
      // Early versions recorded only datasets, and did not state the kind.
      let kind = (value["kind"] ?? "dataset").asString
      guard let kind = kind.flatMap(OutsideSource.Kind.init),
        let pipeline = value["pipeline"]?.asString, let path = value["path"]?.asString,
        let facts = value["facts"]
      else { return nil }
      return KnownSource(.init(kind: kind, pipeline: pipeline, path: path), facts: facts)
    }
    latest = try list("latest") { value in
      guard let pipeline = value["pipeline"]?.asString, let stage = value["stage"]?.asString,
        let fingerprint = value.fingerprint("fingerprint")
      else { return nil }
      return Latest(pipeline: pipeline, stage: stage, fingerprint: fingerprint)
    }
    originals =
      body["originals"] == nil
      ? []
      : try list("originals") { value in
        guard let fingerprint = value.fingerprint("fingerprint"),
          let original = value.fingerprint("original")
        else { return nil }
        return Original(fingerprint: fingerprint, original: original)
      }
    ends = try list("ends") { value in
      guard let trajectory = value.fingerprint("trajectory"),
        let iteration = value["iteration"]?.asInteger,
        let perEpoch = value["per-epoch"]?.asInteger, let rates = value.fingerprint("rates"),
        let fingerprint = value.fingerprint("fingerprint"), let stage = value["stage"]?.asString
      else { return nil }
      return End(
        trajectory: trajectory,
        mark: TrainingMark(iteration: iteration, perEpoch: perEpoch, rates: rates),
        fingerprint: fingerprint, stage: stage)
    }
    entries = try list("entries") { value in
      guard let place = value["path"]?.asString.flatMap(StudyPlace.init(path:)),
        let size = value["size"]?.asInteger, StoredObject.sizes ~= size,
        let digest = value.fingerprint("digest")
      else { return nil }
      if case .object(let name) = place, name != digest { return nil }
      return Entry(place: place, content: FileDigest(digest: digest, size: size))
    }
    try checkConsistency()
  }

  private func checkConsistency() throws(DiagnosticError) {
    for (entry, next) in zip(entries, entries.dropFirst()) where !(entry.place < next.place) {
      throw StudyManifest.damaged("'\(next.place.path)' appears twice or out of order")
    }
    let files = Set(
      entries.lazy.compactMap { if case .file(let path) = $0.place { path } else { nil } })
    for pipeline in pipelines where !files.contains(pipeline) {
      throw StudyManifest.damaged("pipeline file '\(pipeline)' is not in the archive")
    }
  }

  private static func damaged(_ problem: String) -> DiagnosticError {
    DiagnosticError("the archive's list of contents cannot be used: \(problem)")
  }
}

extension Value {
  fileprivate func fingerprint(_ key: String) -> Fingerprint? {
    self[key]?.asString.flatMap { Fingerprint(hexadecimal: $0) }
  }
}
