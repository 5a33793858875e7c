import Basics
import SystemPackage

// Notes are small files with a store's knowledge besides results: the content of datasets, the latest runs of stages,
// the speeds of networks. Each has a digest; a damaged note is ignored and written again when needed.

extension Store {
  /// The result of reading a note.
  enum Note: Sendable {
    case absent
    case found(Value)
    /// It cannot be read, or has changed since it was written.
    case damaged
  }

  /// Reads a note.
  func note(at path: FilePath) -> Note {
    do throws(DiagnosticError) {
      guard let bytes = try fileSystem.contents(of: path) else { return .absent }
      return Store.note(in: bytes)
    } catch {
      return .damaged
    }
  }

  /// Parses the bytes of a note. Those of early versions have a format instead of a digest.
  static func note(in bytes: [UInt8]) -> Note {
    if let note = Value(sealed: bytes) { return .found(note) }
    if let note = try? Value(json: bytes), note["format"] == 1 { return .found(note) }
    return .damaged
  }

  /// Writes a note, unless the same one exists.
  func keep(_ note: Value, at path: FilePath) throws(DiagnosticError) {
    let text = note.sealed
    if let bytes = try? fileSystem.contents(of: path), bytes.elementsEqual(text.utf8) { return }
    try makeFolder(path.removingLastComponent())
    try clear(path)
    try write(text, to: path)
  }
}
