import Basics
import SystemPackage

extension Store {
  /// What was noted under a key, such as the digest of a dataset with its files' times; `nil` where
  /// nothing was, or nothing that can be read.
  package func inspection(for key: String) throws(DiagnosticError) -> Value? {
    guard let bytes = try fileSystem.contents(of: inspectionPath(key)),
      let entry = try? Value(json: bytes), entry["format"] == 1, entry["key"]?.asString == key
    else { return nil }
    return entry["value"]
  }

  /// Notes a value under a key, in place of what was there.
  package func setInspection(_ value: Value, for key: String) throws(DiagnosticError) {
    try makeFolder(inspectionsFolder)
    let entry: Value = ["format": 1, "key": .string(key), "value": value]
    try write(entry.json() + "\n", to: inspectionPath(key))
  }

  private func inspectionPath(_ key: String) -> FilePath {
    inspectionsFolder.appending(Store.fileName(for: key) + ".json")
  }
}
