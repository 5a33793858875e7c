import Basics
import SystemPackage

// An artifact is published in few steps, each of which waits for the disk: first for all contents, then for names, since a
// file system writes its journal once for all that has changed.
// 1. The contents of all outputs, of the record and of the notes.
// 2. The names of the outputs, and of notes that must be there before the record.
// 3. The name of the record.

/// A note that is written together with a stage's artifact.
package struct AccompanyingNote: Sendable {
  let path: FilePath
  let note: Value
  /// Whether it has to be on disk before the record is.
  let isFirst: Bool
}

extension Store {
  /// Adds a stage's output files to the store, and then its record.
  ///
  /// The files are moved unless the store already has their content; they must be in a workspace of this store. A
  /// record with the same fingerprint is replaced.
  ///
  /// - Parameters:
  ///   - record: everything except the outputs, which are filled in.
  ///   - files: output files by their names in the artifact.
  /// - Throws: `DiagnosticError` if a file is missing, or the store cannot be written.
  package func publish(
    _ record: StageRecord, files: [String: FilePath]
  ) throws(DiagnosticError) -> StoredArtifact {
    try publish(measured(record, files), files, [], warn: { _ in })
  }

  /// The same for a claimed stage, with notes.
  ///
  /// - Parameters:
  ///   - contents: the contents of files that were hashed as they were written.
  ///   - findsOriginal: whether an earlier stage with the same outputs is noted as its original.
  ///   - warn: receives the errors of notes that cannot be written.
  /// - Returns: `nil` if the claim is no longer valid once the files have been read; then nothing was published.
  package func publish(
    _ record: StageRecord, files: [String: FilePath], known contents: [String: FileDigest] = [:],
    holding claim: StageClaim, findsOriginal: Bool = false, noting notes: [AccompanyingNote] = [],
    warn: (DiagnosticError) -> Void = { _ in }
  ) throws(DiagnosticError) -> StoredArtifact? {
    let record = try measured(record, files, contents)
    guard try stands(claim) else { return nil }
    // Before the record: whoever finds a record without the note takes it for an original.
    if findsOriginal { try noteOriginal(of: record) }
    return try publish(record, files, notes, warn: warn)
  }

  /// A record with the given files as outputs.
  ///
  /// All are hashed before the first is moved, since two names may refer to one file. A file whose content is known is only
  /// compared in size: if it was changed since it was written, its digest will not match, and it counts as damaged.
  private func measured(
    _ record: StageRecord, _ files: [String: FilePath], _ contents: [String: FileDigest] = [:]
  ) throws(DiagnosticError) -> StageRecord {
    var record = record
    record.outputs = [:]
    for (name, path) in files.sortedByName {
      guard let status = try fileSystem.status(of: path, followingLinks: false),
        status.kind == .file
      else { throw DiagnosticError("output '\(name)' is not a file: '\(path.string)'") }
      let content =
        if let known = contents[name], known.size == status.size { known } else {
          try fileSystem.digest(of: path)
        }
      record.outputs[name] = StoredObject(digest: content.digest, size: content.size)
    }
    return record
  }

  private func publish(
    _ record: StageRecord, _ files: [String: FilePath], _ notes: [AccompanyingNote],
    warn: (DiagnosticError) -> Void
  ) throws(DiagnosticError) -> StoredArtifact {
    var kept: [String: FilePath] = [:]
    var outputs: [Placement] = []
    for (name, path) in files.sortedByName {
      guard let object = record.outputs[name] else { preconditionFailure("hashed before") }
      let target = objectPath(object.digest)
      kept[name] = target
      if outputs.contains(where: { $0.target == target }) { continue }
      if try isKept(object) { continue }
      outputs.append(Placement(path, as: target))
    }
    let text = record.json()
    let written = Placement(try newFile(text), as: recordPath(record.fingerprint))
    var added: [(placement: Placement, isFirst: Bool)] = []
    do throws(DiagnosticError) {
      for note in notes {
        warning(warn) { () throws(DiagnosticError) in
          if let placement = try draft(note) { added.append((placement, note.isFirst)) }
        }
      }
      added = try seal(outputs + [written], added, warn: warn)
      var folders: Set<FilePath> = []
      try move(outputs, &folders)
      for note in added where note.isFirst { moveNote(note.placement, &folders, warn) }
      try synchronizeNames(in: folders)
      folders = []
      try move([written], &folders)
      try synchronizeNames(in: folders)
      // After a crash they may be missing, but say nothing of a record that is.
      for note in added where !note.isFirst { moveNote(note.placement, &folders, warn) }
    } catch {
      // What cannot be removed now, the next run removes.
      for placement in [written] + added.map(\.placement) { try? fileSystem.remove(placement.path) }
      throw error.reworded { $0.replacing(written.path.string, with: written.target.string) }
    }
    // What stays of it says nothing beside a result.
    try? forgetSetback(of: record.fingerprint)
    return StoredArtifact(record: try Store.readBack(text), files: kept)
  }

  /// A record as later readers see it: an integer may have been created as a fraction. This run must compute with the
  /// same values as the next one.
  private static func readBack(_ text: String) throws(DiagnosticError) -> StageRecord {
    do throws(ArtifactDamage) { return try StageRecord(json: Array(text.utf8)) } catch {
      throw DiagnosticError("the record of a stage cannot be read back: \(error)")
    }
  }
}

// MARK: - Files and their places

/// A file whose content is on disk, or will be, and the path that it is for.
private struct Placement {
  let path: FilePath
  let target: FilePath

  init(_ path: FilePath, as target: FilePath) {
    self.path = path
    self.target = target
  }
}

extension Store {
  /// A new file among the workspaces, so that a killed process leaves nothing elsewhere; not on disk yet.
  private func newFile(_ text: String) throws(DiagnosticError) -> FilePath {
    if try !fileSystem.exists(workspacesFolder) { try makeFolder(workspacesFolder) }
    let path = newWorkspacePath()
    do throws(DiagnosticError) { try fileSystem.draft(Array(text.utf8), at: path) } catch {
      try? fileSystem.remove(path)
      throw error
    }
    return path
  }

  /// The file of a note, not on disk yet; `nil` if the store has the same.
  private func draft(_ note: AccompanyingNote) throws(DiagnosticError) -> Placement? {
    let text = note.note.sealed
    if let bytes = try? fileSystem.contents(of: note.path), bytes.elementsEqual(text.utf8) {
      return nil
    }
    return Placement(try newFile(text), as: note.path)
  }

  /// Seals files, and notes with them.
  ///
  /// - Returns: the notes that are on disk; the others are removed.
  private func seal(
    _ files: [Placement], _ notes: [(placement: Placement, isFirst: Bool)],
    warn: (DiagnosticError) -> Void
  ) throws(DiagnosticError) -> [(placement: Placement, isFirst: Bool)] {
    let errors = fileSystem.seal((files + notes.map(\.placement)).map(\.path))
    for file in files { if let error = errors[file.path] { throw error } }
    return notes.filter { note in
      guard let error = errors[note.placement.path] else { return true }
      try? fileSystem.remove(note.placement.path)
      warn(error)
      return false
    }
  }

  /// Moves files to their places.
  ///
  /// - Parameter folders: receives those whose names have changed.
  private func move(
    _ files: [Placement], _ folders: inout Set<FilePath>
  ) throws(DiagnosticError) {
    var hindered: [Placement] = []
    for file in files {
      // Mostly, the folder is there and nothing is in the way, and looking first would take longer than moving.
      do throws(DiagnosticError) { try fileSystem.rename(file.path, to: file.target) } catch {
        hindered.append(file)
      }
    }
    // Others may use a new folder at once, and rely on it.
    try makeFolders(Set(hindered.map { $0.target.removingLastComponent() }))
    for file in hindered {
      try clear(file.target)
      try fileSystem.rename(file.path, to: file.target)
    }
    folders.formUnion(files.map { $0.target.removingLastComponent() })
  }

  /// The same for a note.
  private func moveNote(
    _ note: Placement, _ folders: inout Set<FilePath>, _ warn: (DiagnosticError) -> Void
  ) {
    do throws(DiagnosticError) {
      let folder = note.target.removingLastComponent()
      if try !fileSystem.exists(folder) {
        let parent = folder.removingLastComponent()
        do throws(DiagnosticError) { try fileSystem.makePassingFolder(folder) } catch {
          try makeFolder(parent)
          try fileSystem.makePassingFolder(folder)
        }
        folders.insert(parent)
      }
      try move([note], &folders)
    } catch {
      try? fileSystem.remove(note.path)
      warn(error.reworded { $0.replacing(note.path.string, with: note.target.string) })
    }
  }

  private func synchronizeNames(in folders: Set<FilePath>) throws(DiagnosticError) {
    try fileSystem.synchronizeNames(in: folders.sorted { $0.string < $1.string })
  }

  private func warning(
    _ warn: (DiagnosticError) -> Void, _ body: () throws(DiagnosticError) -> Void
  ) {
    do throws(DiagnosticError) { try body() } catch { warn(error) }
  }
}
