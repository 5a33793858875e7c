import Basics
import SystemPackage

// store.json    {"digest":"…","format":1}: the digest is that of the format's digits

extension Store {
  /// The format this program writes, and the only one that it reads.
  package static let format = 1

  /// What `store.json` holds.
  static let formatNote: String = {
    let digest = Fingerprint(of: "store format \(format)").hexadecimal
    return Value.map(["format": .integer(format), "digest": .string(digest)]).json() + "\n"
  }()

  /// What `store.json` tells.
  enum FormatState: Equatable {
    case absent
    /// The format that this program reads.
    case current
    /// Another program's format; not for certain where there is no digest.
    case other(Int, isCertain: Bool)
    /// Nothing: it is not as it was written.
    case damaged
  }

  var formatState: FormatState {
    let bytes: [UInt8]
    do throws(DiagnosticError) {
      guard let found = try fileSystem.contents(of: formatPath) else { return .absent }
      bytes = found
    } catch {
      return .damaged
    }
    if bytes.elementsEqual(Store.formatNote.utf8) { return .current }
    guard let note = try? Value(json: bytes), let found = note["format"]?.asInteger else {
      return .damaged
    }
    if let digest = note["digest"] {
      let isWhole = digest.asString == Fingerprint(of: "store format \(found)").hexadecimal
      return isWhole && found != Store.format ? .other(found, isCertain: true) : .damaged
    }
    // Early versions wrote no digest, but nothing else either.
    guard note.asMap?.count == 1 else { return .damaged }
    return found == Store.format ? .current : .other(found, isCertain: false)
  }

  /// Refuses a store written by a program that arranges it otherwise. One that does not tell its format any
  /// more is taken to be this program's.
  ///
  /// - Throws: `DiagnosticError` for a store of another format.
  package func checkFormat() throws(DiagnosticError) {
    guard case .other(let found, _) = formatState else { return }
    throw DiagnosticError(
      "the store '\(root.string)' has format \(found), but this program reads format "
        + "\(Store.format); name another folder with --store")
  }

  /// Puts `store.json` back.
  func writeFormat() throws(DiagnosticError) {
    try clear(formatPath)
    try write(Store.formatNote, to: formatPath)
  }
}
