import Basics
import SystemPackage

// store.json    {"digest":"…","format":1}: the digest is that of the format's digits

extension Store {
  /// The format that this program writes, and the only one that it reads.
  package static let format = 1

  /// The content of `store.json`.
  static let formatNote: String = {
    let digest = Fingerprint(of: "store format \(format)").hexadecimal
    return Value.map(["format": .integer(format), "digest": .string(digest)]).json() + "\n"
  }()

  /// The format stated by `store.json`.
  enum FormatState {
    case absent
    /// The format that this program reads.
    case current
    /// The format of another program; uncertain without a digest.
    case other(Int, isCertain: Bool)
    /// The file has changed since it was written.
    case damaged
    /// This user may not read the file.
    case denied(DiagnosticError)
  }

  var formatState: FormatState {
    let bytes: [UInt8]
    do throws(DiagnosticError) {
      guard let found = try fileSystem.contents(of: formatPath) else { return .absent }
      bytes = found
    } catch {
      return error.deniesAccess ? .denied(error) : .damaged
    }
    if bytes.elementsEqual(Store.formatNote.utf8) { return .current }
    guard let note = try? Value(json: bytes), let found = note["format"]?.asInteger else {
      return .damaged
    }
    if let digest = note["digest"] {
      let isWhole = digest.asString == Fingerprint(of: "store format \(found)").hexadecimal
      return isWhole && found != Store.format ? .other(found, isCertain: true) : .damaged
    }
    // Early versions wrote no digest, but also nothing else.
    guard note.asMap?.count == 1 else { return .damaged }
    return found == Store.format ? .current : .other(found, isCertain: false)
  }

  /// Rejects a store of another format. A store that no longer states its format is assumed to have this one.
  ///
  /// - Throws: `DiagnosticError` for a store of another format.
  package func checkFormat() throws(DiagnosticError) {
    guard case .other(let found, _) = formatState else { return }
    throw DiagnosticError(
      "the store '\(root.string)' has format \(found), but this program reads format "
        + "\(Store.format); name another folder with --store")
  }

  /// Restores `store.json`.
  func writeFormat() throws(DiagnosticError) {
    try clear(formatPath)
    try write(Store.formatNote, to: formatPath)
  }
}
