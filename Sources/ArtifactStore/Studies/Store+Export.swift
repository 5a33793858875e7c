import Archives
import Basics
import SystemPackage

extension Store {
  /// Writes the existing parts of a study to an archive.
  ///
  /// Runs may continue; results finished after this has started are left out.
  ///
  /// - Parameters:
  ///   - path: replaced once the archive is complete; `nil` to determine only what would be written.
  ///   - target: the file system of the archive.
  /// - Throws: `DiagnosticError` if something cannot be read, does not match its record, or the archive cannot be
  ///   written; `Interrupted`. In these cases there is no new archive.
  package func export(
    _ study: StudySelection, to path: FilePath?,
    on target: any FileSystem = LocalFileSystem(), unless stop: StopCheck = .never
  ) throws -> StudyExport {
    try checkFormat()
    let (manifest, sources, finished) = try contents(of: study)
    var export = StudyExport(
      manifest: manifest, stages: study.stages.count, finished: finished, bytes: nil)
    guard let path else { return export }
    let archive = try ArchiveWriter(path, on: target)
    let json = Array(manifest.json.utf8)
    try archive.add(StudyManifest.path, size: json.count) { write in
      try json.withUnsafeBytes { try write($0) }
    }
    for (entry, source) in zip(manifest.entries, sources) {
      try archive.add(entry.place.path, size: entry.content.size) { write in
        try copy(entry, from: source, unless: stop, to: write)
      }
    }
    try archive.finish()
    export.bytes = try target.status(of: path)?.size
    return export
  }

  /// The source of an entry's content.
  private enum Source {
    case file(FilePath)
    /// An output of a finished stage.
    case output(String, of: StageRecord)
    case bytes([UInt8])
  }

  /// Copies the content of a file as long as it matches its record.
  private func copy(
    _ entry: StudyManifest.Entry, from source: Source, unless stop: StopCheck,
    to write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try stop.check()
    let path: FilePath
    switch source {
    case .bytes(let bytes): return try bytes.withUnsafeBytes { try write($0) }
    case .file(let file): path = file
    case .output: path = objectPath(entry.content.digest)
    }
    var hasher = ContentHasher()
    var size = 0
    var problem: (any Error)?
    try fileSystem.read(path) { piece in
      size += piece.count
      // The archive reserves exactly this number of bytes.
      guard size <= entry.content.size else { return false }
      hasher.update(piece)
      do {
        try stop.check()
        try write(piece)
      } catch {
        problem = error
      }
      return problem == nil
    }
    if let problem { throw problem }
    guard FileDigest(digest: hasher.finalized(), size: size) != entry.content else { return }
    guard case .output(let name, of: let record) = source else {
      throw DiagnosticError("'\(path)' is not what was recorded", cause: .damagedInput)
    }
    // If the store cannot be written, it is sufficient that there is no archive.
    try? setAside(.outputAltered(name), of: record.fingerprint)
    throw DiagnosticError.damagedOutput(name, of: record)
  }

  // MARK: - What there is

  private func contents(
    of study: StudySelection
  ) throws(DiagnosticError) -> (StudyManifest, [Source], finished: Int) {
    var found: [StudyPlace: (content: FileDigest, source: Source)] = [:]
    var finished: Set<Fingerprint> = []
    for fingerprint in study.stages.union(study.sources) {
      // Stages with damaged results count as never run.
      guard case .found(let artifact) = try artifact(for: fingerprint) else { continue }
      finished.insert(fingerprint)
      for (name, object) in artifact.record.outputs {
        found[.object(object.digest)] = (
          FileDigest(digest: object.digest, size: object.size), .output(name, of: artifact.record)
        )
      }
      found[.record(fingerprint)] = Store.held(Array(artifact.record.json().utf8))
    }
    for (trajectory, checkpoints) in study.checkpoints {
      for checkpoint in checkpoints where !finished.contains(checkpoint.fingerprint) {
        for (name, entry) in try files(of: checkpoint) {
          let state = checkpoint.name.description
          found[.checkpoint(trajectory: trajectory, state: state, file: name)] = entry
        }
      }
    }
    for (name, path) in study.files {
      guard let place = StudyPlace(path: "files/\(name)") else {
        throw DiagnosticError(
          "'\(path)' cannot be a part of a study's archive: hidden files and folders are left out")
      }
      found[place] = (try fileSystem.digest(of: path), .file(path))
    }
    var manifest = StudyManifest()
    var sources: [Source] = []
    for place in found.keys.sorted() {
      guard let entry = found[place] else { continue }
      manifest.entries.append(.init(place: place, content: entry.content))
      sources.append(entry.source)
    }
    manifest.pipelines = study.pipelines.sorted()
    manifest.settings = study.settings
    manifest.sources = study.outside.sorted {
      ($0.source.kind.rawValue, $0.source.pipeline, $0.source.path)
        < ($1.source.kind.rawValue, $1.source.pipeline, $1.source.path)
    }
    manifest.latest = study.latest.filter { finished.contains($0.fingerprint) }.sorted {
      ($0.pipeline, $0.stage) < ($1.pipeline, $1.stage)
    }
    manifest.originals = study.originals.sorted {
      $0.fingerprint.hexadecimal < $1.fingerprint.hexadecimal
    }
    manifest.ends = study.ends.filter { finished.contains($0.fingerprint) }.sorted {
      ($0.trajectory, $0.fingerprint) < ($1.trajectory, $1.fingerprint)
    }
    return (manifest, sources, finished.intersection(study.stages).count)
  }

  private static func held(_ bytes: [UInt8]) -> (FileDigest, Source) {
    (FileDigest(digest: Fingerprint(of: bytes), size: bytes.count), .bytes(bytes))
  }

  /// The files of a state with their recorded digests; empty if it has been replaced in the meantime.
  private func files(
    of checkpoint: Checkpoint
  ) throws(DiagnosticError) -> [String: (FileDigest, Source)] {
    let index = checkpoint.path.appending(Store.checkpointIndex)
    guard let bytes = try fileSystem.contents(of: index),
      let recorded = Store.recordedFiles(ofState: bytes)
    else { return [:] }
    var files = [Store.checkpointIndex: Store.held(bytes)]
    for (name, digest) in recorded {
      let path = checkpoint.path.appending(name)
      guard try fileSystem.exists(path) else { return [:] }
      files[name] = (digest, .file(path))
    }
    return files
  }
}
