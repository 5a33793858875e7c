import CYAML

/// The library that reads YAML, as it is loaded.
package enum YAMLLibrary {
  package static var version: String {
    yaml_get_version_string().map { String(cString: $0) } ?? "unknown"
  }
}
