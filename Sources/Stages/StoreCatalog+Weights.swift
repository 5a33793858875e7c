import ArtifactStore
import Basics
import Engine
import Planning
import SystemPackage

extension StoreCatalog {
  /// Reads a file's header and hashes the file, once as long as its stamp does not change.
  package func weights(at path: String) throws -> Learned<WeightsFacts> {
    let file = FilePath(path)
    guard let status = try LocalFileSystem().regularFile(at: file, "weights file") else {
      if let facts = known(.weights, at: path).flatMap(WeightsFacts.init) {
        return Learned(facts, isRemembered: true)
      }
      throw try DiagnosticError.absent("weights file", file)
    }
    let facts = try weights(at: file, FileStamp(status))
    remember(facts.value, of: .weights, at: path)
    return Learned(facts)
  }

  private func weights(at file: FilePath, _ stamp: FileStamp) throws -> WeightsFacts {
    let key = "weights \(file)"
    let known = store.inspection(for: key)
    if let known, known["stamp"] == stamp.value, known["tells-changes"] == true,
      let facts = known["facts"].flatMap(WeightsFacts.init)
    {
      return facts
    }
    let tellsChanges = stamp.tellsChanges(from: time.now)
    let facts = try withWeights(at: file) { opened in
      guard let content = try LocalFileSystem().digest(of: file, unless: stop) else {
        throw Interrupted()
      }
      return WeightsFacts(
        digest: content.digest, shapes: opened.shapes, unreadTypes: opened.unreadTypes)
    }
    let note: Value = [
      "stamp": stamp.value, "tells-changes": .bool(tellsChanges), "facts": facts.value,
    ]
    if note != known { self.note(note, as: key) }
    return facts
  }
}

extension FileSystem {
  /// The status of a file that is to be read; `nil` if it does not exist.
  ///
  /// - Throws: `DiagnosticError` for a folder, a pipe or a device.
  func regularFile(at path: FilePath, _ kind: String) throws(DiagnosticError) -> FileStatus? {
    let status = try status(of: path)
    guard status.map({ $0.kind == .file }) ?? true else {
      throw DiagnosticError("\(kind) '\(path)' is not a file")
    }
    return status
  }
}

extension DiagnosticError {
  /// The error for a missing file, with the nearest name in its folder.
  static func absent(_ kind: String, _ path: FilePath) throws(DiagnosticError) -> DiagnosticError {
    let folder = path.removingLastComponent()
    let beside = try LocalFileSystem().names(in: folder.isEmpty ? "." : folder)
    return DiagnosticError(
      "\(kind) '\(path)' does not exist",
      notes: path.lastComponent.flatMap { nearestName(to: $0.string, among: beside) }
        .map { [.init("did you mean '\(folder.appending($0))'?")] } ?? [])
  }
}
