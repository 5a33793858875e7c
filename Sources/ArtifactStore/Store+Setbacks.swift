import Basics
import SystemPackage

extension Store {
  var setbacksFolder: FilePath { root.appending("setbacks") }

  func setbackPath(_ fingerprint: Fingerprint) -> FilePath {
    setbacksFolder.appending("\(fingerprint.hexadecimal).json")
  }

  /// Whether anything is known of setbacks of any stage.
  package var hasSetbacks: Bool {
    get throws(DiagnosticError) { try fileSystem.exists(setbacksFolder) }
  }

  /// What last came between a stage and its result; `nil` where nothing is known to have.
  package func setback(of fingerprint: Fingerprint) -> Setback? {
    guard case .found(let note) = note(at: setbackPath(fingerprint)),
      note["fingerprint"]?.asString == fingerprint.hexadecimal
    else { return nil }
    return Setback(note)
  }

  /// Notes what came between a stage and its result.
  package func note(
    _ setback: Setback, of fingerprint: Fingerprint
  ) throws(DiagnosticError) {
    var note = setback.value.asMap ?? [:]
    note["fingerprint"] = .string(fingerprint.hexadecimal)
    try keep(.map(note), at: setbackPath(fingerprint))
  }

  /// Forgets a setback: the stage has its result, or was tried again.
  package func forgetSetback(of fingerprint: Fingerprint) throws(DiagnosticError) {
    try fileSystem.remove(setbackPath(fingerprint))
  }

  /// The stages of which a setback is known.
  func stagesWithSetbacks() throws(DiagnosticError) -> [Fingerprint] {
    try fileSystem.names(in: setbacksFolder).compactMap { name in
      name.hasSuffix(".json") ? Fingerprint(hexadecimal: String(name.dropLast(5))) : nil
    }
  }
}
