import Basics
import SystemPackage

extension Store {
  /// Imports a study.
  ///
  /// Each item is written as by a run: it is either complete or absent, whatever happens, and results follow their
  /// objects. What arrived before a failure can therefore remain, and the import can be repeated. Existing files are
  /// never replaced unless they are damaged. Runs on the store may continue.
  ///
  /// - Parameter folder: the folder for the study's own files.
  /// - Throws: `DiagnosticError` if the archive is damaged or truncated, or something cannot be written;
  ///   `Interrupted`.
  package func take(_ archive: StudyArchive, filesTo folder: FilePath) throws -> StudyImport {
    try openForWriting()
    let workspace = try makeWorkspace()
    defer { try? removeWorkspace(workspace) }
    let manifest = archive.manifest
    var result = StudyImport()
    var state = ArrivingState(folder: workspace.appending("state"))
    var haveEndsCome = false
    for _ in manifest.entries {
      let entry = try archive.next()
      let file = workspace.appending("file")
      switch entry.place {
      case .checkpoint(let trajectory, let name, let fileName):
        try take(
          entry, fileName, of: name, on: trajectory, into: &state, from: archive, &result)
        continue
      case .object(let digest):
        try keep(&state, &result)
        let object = StoredObject(digest: digest, size: entry.content.size)
        let isKnown = try hasWhole(object) && fileSystem.touch(objectPath(digest))
        result.objects.add(object.size, isKnown: isKnown)
        if isKnown { continue }
        try write(entry, of: archive, to: file)
        try keep(file, as: object)
      case .record(let fingerprint):
        try keep(&state, &result)
        if !haveEndsCome {
          try takeEnds(manifest)
          try takeOriginals(manifest)
        }
        haveEndsCome = true
        let isKnown = try take(record: archive.content(of: entry), of: fingerprint)
        result.records.add(entry.content.size, isKnown: isKnown)
      case .file(let path):
        try keep(&state, &result)
        let target = folder.pushing(FilePath(path))
        if try fileSystem.status(of: target) == nil {
          try write(entry, of: archive, to: file)
          try fileSystem.makeFolder(target.removingLastComponent())
          if try fileSystem.create(fileSystem.read(file), at: target) {
            result.files.add(entry.content.size, isKnown: false)
            try fileSystem.remove(file)
            continue
          }
        }
        result.files.add(entry.content.size, isKnown: true)
        if try !isSame(target, as: entry.content) { result.differing.append(target) }
      }
      try fileSystem.remove(file)
    }
    try keep(&state, &result)
    try archive.expectEnd()
    try takeNotes(manifest)
    result.pipelines = manifest.pipelines.map { folder.pushing(FilePath($0)) }
    result.settings = manifest.settings
    return result
  }

  /// What an import of a study would add. Writes nothing.
  package func survey(
    _ manifest: StudyManifest, filesTo folder: FilePath
  ) throws(DiagnosticError) -> StudyImport {
    try checkFormat()
    var result = StudyImport()
    var state: String?
    var isStateKnown = false
    for entry in manifest.entries {
      let size = entry.content.size
      switch entry.place {
      case .checkpoint(let trajectory, let name, _):
        if state != name {
          state = name
          isStateKnown = try hasState(name, on: trajectory)
          result.checkpoints.add(0, isKnown: isStateKnown)
        }
        if isStateKnown {
          result.checkpoints.known.bytes += size
        } else {
          result.checkpoints.new.bytes += size
        }
      case .object(let digest):
        let object = StoredObject(digest: digest, size: size)
        result.objects.add(size, isKnown: try hasWhole(object))
      case .record(let fingerprint):
        let isKnown = if case .found = try artifact(for: fingerprint) { true } else { false }
        result.records.add(size, isKnown: isKnown)
      case .file(let path):
        let target = folder.pushing(FilePath(path))
        let isKnown = try fileSystem.exists(target)
        result.files.add(size, isKnown: isKnown)
        if isKnown, try !isSame(target, as: entry.content) { result.differing.append(target) }
      }
    }
    result.pipelines = manifest.pipelines.map { folder.pushing(FilePath($0)) }
    result.settings = manifest.settings
    return result
  }

  private func isSame(
    _ path: FilePath, as content: FileDigest
  ) throws(DiagnosticError) -> Bool {
    guard let status = try fileSystem.status(of: path), status.kind == .file,
      status.size == content.size
    else { return false }
    return try fileSystem.digest(of: path) == content
  }

  /// Writes a file of an archive; throws if its content does not match the archive's list.
  private func write(
    _ entry: StudyManifest.Entry, of archive: StudyArchive, to path: FilePath
  ) throws {
    // An empty file arrives without any data.
    try fileSystem.append([], to: path)
    try archive.read(entry) { piece in try fileSystem.append(Array(piece), to: path) }
  }

  /// - Returns: whether the stage had finished here before.
  private func take(record bytes: [UInt8], of fingerprint: Fingerprint) throws -> Bool {
    if case .found = try artifact(for: fingerprint) { return true }
    let record: StageRecord
    do throws(ArtifactDamage) {
      record = try StageRecord(json: bytes)
      guard record.fingerprint == fingerprint else { throw .recordOfAnotherStage }
    } catch {
      throw DiagnosticError("the archive's result \(fingerprint.short) cannot be used: \(error)")
    }
    if case .unusable(let damage) = try artifact(of: record) {
      throw DiagnosticError(
        "the archive has the result of stage '\(record.stage)', but not all of it: \(damage)")
    }
    let path = recordPath(fingerprint)
    try makeFolder(path.removingLastComponent())
    try write(record.json(), to: path)
    return false
  }

  /// Notes which results can be resumed from; written before the results, as their stages do.
  private func takeEnds(_ manifest: StudyManifest) throws(DiagnosticError) {
    for end in manifest.ends {
      let name = Checkpoint.Name(mark: end.mark, fingerprint: end.fingerprint)
      guard try !fileSystem.exists(folder(of: end.trajectory).appending("\(name).json")) else {
        continue
      }
      try noteFinished(end.stage, end.fingerprint, at: end.mark, on: end.trajectory)
    }
  }

  /// Notes the originals of stages that this store knows nothing of; written before their results.
  private func takeOriginals(_ manifest: StudyManifest) throws(DiagnosticError) {
    for entry in manifest.originals where try original(of: entry.fingerprint) == nil {
      try setOriginal(entry.original, of: entry.fingerprint)
    }
  }

  /// Imports the archive's notes where there are none here.
  private func takeNotes(_ manifest: StudyManifest) throws(DiagnosticError) {
    for latest in manifest.latest
    where latestFingerprint(of: latest.stage, in: latest.pipeline) == nil {
      try setLatest(latest.fingerprint, of: latest.stage, in: latest.pipeline)
    }
    for known in manifest.sources where remembered(known.source) == nil {
      try remember(known.facts, of: known.source)
    }
  }
}

// MARK: - States of training runs

/// A state that has partly arrived.
private struct ArrivingState {
  /// The folder in which it is assembled.
  let folder: FilePath
  var trajectory: Fingerprint?
  var name = ""
  /// Whether this state, or a later one, already exists.
  var isKnown = false
  var files: [String: FileDigest] = [:]
  var index: [UInt8] = []
}

extension Store {
  /// Whether a state is useless because this store has one as far or further.
  private func hasState(
    _ text: String, on trajectory: Fingerprint
  ) throws(DiagnosticError) -> Bool {
    guard let name = Checkpoint.Name(text) else { return false }
    if case .found = try artifact(for: name.fingerprint) { return true }
    return try checkpoints(on: trajectory).contains {
      $0.fingerprint == name.fingerprint && $0.mark.iteration >= name.mark.iteration
    }
  }

  /// Imports a file of a state; the previous state is stored first if it is complete.
  private func take(
    _ entry: StudyManifest.Entry, _ file: String, of name: String, on trajectory: Fingerprint,
    into state: inout ArrivingState, from archive: StudyArchive, _ result: inout StudyImport
  ) throws {
    if state.trajectory != trajectory || state.name != name {
      try keep(&state, &result)
      state.trajectory = trajectory
      state.name = name
      state.isKnown = try hasState(name, on: trajectory)
      try fileSystem.makeFolder(state.folder)
    }
    state.files[file] = entry.content
    if state.isKnown { return }
    let path = state.folder.appending(file)
    if file == Store.checkpointIndex {
      state.index = try archive.content(of: entry)
      try fileSystem.append(state.index, to: path)
    } else {
      try write(entry, of: archive, to: path)
    }
    try fileSystem.seal(path)
  }

  /// Moves a complete state into place.
  private func keep(_ state: inout ArrivingState, _ result: inout StudyImport) throws {
    guard let trajectory = state.trajectory else { return }
    result.checkpoints.add(
      state.files.values.reduce(0) { $0 + $1.size }, isKnown: state.isKnown)
    if !state.isKnown {
      state.files[Store.checkpointIndex] = nil
      guard Store.recordedFiles(ofState: state.index) == state.files else {
        throw DiagnosticError("the archive's state '\(state.name)' of a training is damaged")
      }
      try makeFolder(folder(of: trajectory))
      let target = folder(of: trajectory).appending(state.name)
      // A run may have progressed as far in the meantime.
      if try !fileSystem.exists(target) { try fileSystem.move(state.folder, to: target) }
    }
    try fileSystem.remove(state.folder)
    state = ArrivingState(folder: state.folder)
  }
}
