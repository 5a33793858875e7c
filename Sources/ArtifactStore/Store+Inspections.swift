import Basics
import SystemPackage

extension Store {
  /// The value noted under a key, such as the digest of a dataset with its files' times; `nil` if there is none, or
  /// it cannot be read.
  ///
  /// Plans rely on it. Those of early versions have no digest, so that damage would go unnoticed: they are made again.
  package func inspection(for key: String) -> Value? {
    guard let bytes = try? fileSystem.contents(of: inspectionPath(key)),
      let entry = Value(sealed: bytes), entry["key"]?.asString == key
    else { return nil }
    return entry["value"]
  }

  /// The same, with or without a digest, for what cannot be made again.
  func lastingInspection(for key: String) -> Value? {
    guard case .found(let entry) = note(at: inspectionPath(key)), entry["key"]?.asString == key
    else { return nil }
    return entry["value"]
  }

  /// Notes a value under a key, replacing an earlier one.
  package func setInspection(_ value: Value, for key: String) throws(DiagnosticError) {
    try keep(["key": .string(key), "value": value], at: inspectionPath(key))
  }

  func inspectionPath(_ key: String) -> FilePath {
    inspectionsFolder.appending(Store.fileName(for: key) + ".json")
  }
}
