import ArtifactStore
import Basics
import SystemPackage
import TestSupport

/// A small study in an in-memory store, and its archive on disk.
struct StudyFixture {
  let folder: FilePath
  let files = MemoryFileSystem()
  var store: Store { Store(at: "store", fileSystem: files) }
  var archive: FilePath { folder.appending("study.tar") }

  static func inFolder(_ body: (StudyFixture) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let study = StudyFixture(folder: folder)
      try study.fill(study.store)
      try study.export()
      try body(study)
    }
  }

  /// Two stages that share an object.
  func fill(_ store: Store) throws {
    for name in ["base-A", "base-B"] {
      var record = sampleRecord(name)
      record.inputs = [:]
      try store.publish(
        record, texts: ["weights": "weights of \(name)", "log": "same", "none": ""], on: files)
    }
  }

  var selection: StudySelection {
    var selection = StudySelection()
    selection.stages = [
      Fingerprint(of: "base-A"), Fingerprint(of: "base-B"), Fingerprint(of: "unfinished"),
    ]
    selection.latest = Set(
      ["base-A", "unfinished"].map {
        .init(pipeline: "p", stage: $0, fingerprint: Fingerprint(of: $0))
      })
    selection.ends = [
      .init(
        trajectory: Fingerprint(of: "way"),
        mark: TrainingMark(iteration: 20, perEpoch: 5, rates: Fingerprint(of: "rates")),
        fingerprint: Fingerprint(of: "base-B"), stage: "base-B")
    ]
    selection.outside = [
      .init(.init(kind: .dataset, pipeline: "p", path: "../data"), facts: ["digest": "x"]),
      .init(.init(kind: .weights, pipeline: "p", path: "w.safetensors"), facts: ["shapes": [:]]),
    ]
    selection.files = ["p.yaml": "p.yaml", "nets/n.yaml": "n.yaml"]
    selection.pipelines = ["p.yaml"]
    selection.settings = ["epochs=20"]
    return selection
  }

  @discardableResult
  func export() throws -> StudyExport {
    if try !files.exists("p.yaml") {
      try files.append(Array("cambium: 1".utf8), to: "p.yaml")
      try files.append(Array("networks".utf8), to: "n.yaml")
    }
    return try store.export(selection, to: archive)
  }

  /// Imports the archive into a store on another disk.
  @discardableResult
  func take(
    on disk: MemoryFileSystem, unless stop: StopCheck = .never
  ) throws -> StudyImport {
    try Store(at: "other/store", fileSystem: disk).take(
      StudyArchive(archive, unless: stop), filesTo: "other")
  }

  /// Rewrites the archive with changed members.
  func rewrite(_ change: (inout [(path: String, bytes: [UInt8])]) throws -> Void) throws {
    var members = try readArchive(archive)
    try change(&members)
    try writeArchive(members.map { .file($0.path, $0.bytes) }, to: archive, kind: .tar)
  }

  /// Rewrites the archive with a changed list of contents and a correct digest.
  func rewriteManifest(_ change: (inout [String: Value]) -> Void) throws {
    try rewrite { members in
      let old = try Value(json: members[0].bytes)
      var study = old["study"]?.asMap ?? [:]
      change(&study)
      members[0].bytes = StudyFixture.manifest(study)
    }
  }

  static func manifest(_ study: [String: Value]) -> [UInt8] {
    let first = "{\"study\":\(Value.map(study).json()),\n"
    return Array((first + "\"digest\":\"\(Fingerprint(of: first).hexadecimal)\"}\n").utf8)
  }
}
