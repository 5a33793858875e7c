import Basics
import SystemPackage

// checkpoints/<trajectory>/
//   <name>/            a state written during training: its files and checkpoint.json
//   <name>.json        the end of a finished stage
//
// A name is <iteration>~<steps per epoch>~<digest of the rates>~<fingerprint of the stage>, so listing a folder
// is enough to know its content.

extension Store {
  var checkpointsFolder: FilePath { root.appending("checkpoints") }

  /// Whether there are states of any training run.
  package var hasCheckpoints: Bool {
    get throws(DiagnosticError) { try fileSystem.exists(checkpointsFolder) }
  }

  func folder(of trajectory: Fingerprint) -> FilePath {
    checkpointsFolder.appending(trajectory.hexadecimal)
  }

  static let checkpointIndex = "checkpoint.json"

  /// The states on a trajectory, the furthest first; of equals, those of finished stages first. Unreadable states are
  /// left out, since they would only have saved time.
  package func checkpoints(
    on trajectory: Fingerprint
  ) throws(DiagnosticError) -> [Checkpoint] {
    var found: [Checkpoint] = []
    for name in try readableNames(in: folder(of: trajectory)) {
      let isFinished = name.hasSuffix(".json")
      guard let known = Checkpoint.Name(isFinished ? String(name.dropLast(5)) : name) else {
        continue
      }
      let fingerprint = known.fingerprint
      let path = folder(of: trajectory).appending(name)
      let index = isFinished ? path : path.appending(Store.checkpointIndex)
      guard case .found(let entry) = note(at: index), let stage = entry["stage"]?.asString
      else { continue }
      if isFinished, try !hasRecord(for: fingerprint) { continue }
      found.append(
        Checkpoint(
          mark: known.mark, fingerprint: fingerprint, stage: stage,
          origin: isFinished ? .finished : .interrupted, path: path))
    }
    return found.sorted {
      ($0.mark.iteration, $0.origin == .finished ? 1 : 0, $0.path.string)
        > ($1.mark.iteration, $1.origin == .finished ? 1 : 0, $1.path.string)
    }
  }

  /// A state whose files are as they were recorded.
  package struct VerifiedState {
    /// By name.
    package var files: [String: FilePath]
    /// The digests of the files of finished training runs that the state depends on; see `StageRecord.read`.
    package var read: [String: [String: Fingerprint]]
  }

  /// A state, verified against the recorded digests.
  ///
  /// - Returns: `nil` if anything is missing or has changed.
  package func verified(_ checkpoint: Checkpoint) throws(DiagnosticError) -> VerifiedState? {
    switch checkpoint.origin {
    case .finished:
      guard case .found(let artifact) = try artifact(for: checkpoint.fingerprint),
        try verify(artifact.record).isEmpty
      else { return nil }
      let digests = artifact.record.outputs.mapValues(\.digest)
      return VerifiedState(
        files: artifact.files,
        read: [StageRecord.stateRole(of: checkpoint.fingerprint): digests])
    case .interrupted:
      let index = checkpoint.path.appending(Store.checkpointIndex)
      guard case .found(let entry) = note(at: index),
        let recorded = Store.recordedFiles(inNote: entry)
      else { return nil }
      var files: [String: FilePath] = [:]
      for (name, content) in recorded {
        let path = checkpoint.path.appending(name)
        do throws(DiagnosticError) {
          guard try fileSystem.exists(path), try fileSystem.digest(of: path) == content else {
            return nil
          }
        } catch {
          guard error.makesUnreadable else { throw error }
          return nil
        }
        files[name] = path
      }
      return VerifiedState(files: files, read: Store.reading(inNote: entry))
    }
  }

  /// The files of a state written during training, from its index; `nil` if the index is invalid.
  static func recordedFiles(ofState index: [UInt8]) -> [String: FileDigest]? {
    guard case .found(let entry) = note(in: index) else { return nil }
    return recordedFiles(inNote: entry)
  }

  /// What a note says of the files that a state depends on; notes of earlier versions say nothing.
  private static func reading(inNote entry: Value) -> [String: [String: Fingerprint]] {
    (entry["read"]?.asMap ?? [:]).compactMapValues { files in
      files.asMap?.compactMapValues { $0.asString.flatMap { Fingerprint(hexadecimal: $0) } }
    }
  }

  private static func recordedFiles(inNote entry: Value) -> [String: FileDigest]? {
    guard let entries = entry["files"]?.asMap else { return nil }
    var files: [String: FileDigest] = [:]
    for (name, entry) in entries {
      guard let digest = entry["digest"]?.asString.flatMap({ Fingerprint(hexadecimal: $0) }),
        let size = entry["size"]?.asInteger, StoredObject.sizes ~= size, !name.contains("/")
      else { return nil }
      files[name] = FileDigest(digest: digest, size: size)
    }
    return files
  }

  /// Adds a state to the store, and removes the earlier ones of the same stage.
  ///
  /// - Parameters:
  ///   - folder: contains only the state's files; in a workspace of this store. It is moved as a whole: a crash at
  ///     any instant leaves the earlier state or both.
  ///   - digests: the digests of files that were hashed while they were written; the others are read.
  ///   - read: see `VerifiedState`.
  ///   - identity: what is noted of the training run, for `interruptedTrainings(of:)`.
  package func keepCheckpoint(
    _ folder: FilePath, at mark: TrainingMark, of stage: String, _ fingerprint: Fingerprint,
    on trajectory: Fingerprint, digests: [String: FileDigest] = [:],
    read: [String: [String: Fingerprint]] = [:], identity: TrainingIdentity? = nil
  ) throws(DiagnosticError) {
    var files: [String: Value] = [:]
    for name in try fileSystem.names(in: folder) {
      let path = folder.appending(name)
      let known = digests[name]
      let content = if let known { known } else { try fileSystem.digest(of: path) }
      files[name] = [
        "digest": .string(content.digest.hexadecimal), "size": .integer(content.size),
      ]
      try fileSystem.seal(path)
    }
    var index: [String: Value] = ["stage": .string(stage), "files": .map(files)]
    index["run"] = identity?.value
    if !read.isEmpty {
      index["read"] = .map(
        read.mapValues { .map($0.mapValues { .string($0.hexadecimal) }) })
    }
    try fileSystem.write(Value.map(index).sealed, to: folder.appending(Store.checkpointIndex))
    let name = Checkpoint.Name(mark: mark, fingerprint: fingerprint).description
    let target = self.folder(of: trajectory).appending(name)
    guard try !fileSystem.exists(target) else { return }
    try makeFolder(self.folder(of: trajectory))
    do throws(DiagnosticError) { try fileSystem.move(folder, to: target) } catch {
      // A run that was considered dead may have written the same state at this very moment.
      guard try fileSystem.exists(target) else { throw error }
    }
    try removeCheckpoints(of: fingerprint, on: trajectory, before: mark.iteration)
  }

  /// Notes that the artifact of a stage is a state to resume from.
  ///
  /// Must be called before the artifact is published. Without the artifact the note has no effect, and a run that is
  /// killed in between leaves no artifact that cannot be resumed from.
  package func noteFinished(
    _ stage: String, _ fingerprint: Fingerprint, at mark: TrainingMark, on trajectory: Fingerprint
  ) throws(DiagnosticError) {
    let note = finishedNote(stage, fingerprint, at: mark, on: trajectory)
    try keep(note.note, at: note.path)
  }

  /// The same note, for publishing it together with the artifact.
  package func finishedNote(
    _ stage: String, _ fingerprint: Fingerprint, at mark: TrainingMark, on trajectory: Fingerprint
  ) -> AccompanyingNote {
    let name = Checkpoint.Name(mark: mark, fingerprint: fingerprint)
    return AccompanyingNote(
      path: folder(of: trajectory).appending("\(name).json"), note: ["stage": .string(stage)],
      isFirst: true)
  }

  /// Removes the checkpoints of a stage whose artifact exists.
  package func removeCheckpoints(
    of fingerprint: Fingerprint, on trajectory: Fingerprint
  ) throws(DiagnosticError) {
    try removeCheckpoints(of: fingerprint, on: trajectory, before: .max)
  }

  /// Removes the checkpoints of all stages whose artifact exists: their runs were killed in between.
  func removePassedCheckpoints() throws(DiagnosticError) {
    for name in try fileSystem.names(in: checkpointsFolder) {
      guard let trajectory = Fingerprint(hexadecimal: name) else { continue }
      for state in try readableNames(in: checkpointsFolder.appending(name)) {
        guard let last = state.split(separator: "~").last,
          let fingerprint = Fingerprint(hexadecimal: String(last)),
          try hasRecord(for: fingerprint)
        else { continue }
        try removeCheckpoints(of: fingerprint, on: trajectory)
      }
    }
  }

  /// Removes the checkpoints of a stage up to an iteration. Later ones belong to another run, which has taken over a
  /// stage that this one still computes.
  private func removeCheckpoints(
    of fingerprint: Fingerprint, on trajectory: Fingerprint, before iteration: Int
  ) throws(DiagnosticError) {
    let folder = folder(of: trajectory)
    for name in try readableNames(in: folder) {
      guard let known = Checkpoint.Name(name), known.fingerprint == fingerprint,
        known.mark.iteration < iteration
      else { continue }
      // Renamed first, so that an interrupted removal leaves no partial state.
      try removeAtOnce(folder.appending(name))
    }
  }
}
