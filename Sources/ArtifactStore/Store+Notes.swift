import Basics
import SystemPackage

// Notes are the small files by which a store knows more than results: what datasets hold, which stages ran last,
// how fast networks are. Each has a digest of its own; one that has been damaged counts as none, and is made
// again by whoever needs it.

extension Store {
  /// What a look at a note tells.
  enum Note: Sendable {
    case absent
    case found(Value)
    /// It cannot be read, or is not as it was written.
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

  /// Reads the bytes of a note. Those of early versions have no digest, but a format in their place.
  static func note(in bytes: [UInt8]) -> Note {
    if let note = Value(sealed: bytes) { return .found(note) }
    if let note = try? Value(json: bytes), note["format"] == 1 { return .found(note) }
    return .damaged
  }

  /// Writes a note, unless just this stands there.
  func keep(_ note: Value, at path: FilePath) throws(DiagnosticError) {
    let text = note.sealed
    if let bytes = try? fileSystem.contents(of: path), bytes.elementsEqual(text.utf8) { return }
    try makeFolder(path.removingLastComponent())
    try clear(path)
    try write(text, to: path)
  }
}
