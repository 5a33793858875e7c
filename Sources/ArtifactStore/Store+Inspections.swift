import Basics
import SystemPackage

extension Store {
  /// What was noted under a key, such as the digest of a dataset with its files' times; `nil` where
  /// nothing was, or nothing that can be read.
  package func inspection(for key: String) -> Value? {
    guard case .found(let entry) = note(at: inspectionPath(key)), entry["key"]?.asString == key
    else { return nil }
    return entry["value"]
  }

  /// Notes a value under a key, in place of what was there.
  package func setInspection(_ value: Value, for key: String) throws(DiagnosticError) {
    try keep(["key": .string(key), "value": value], at: inspectionPath(key))
  }

  func inspectionPath(_ key: String) -> FilePath {
    inspectionsFolder.appending(Store.fileName(for: key) + ".json")
  }
}
