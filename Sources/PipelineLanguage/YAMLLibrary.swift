import CYAML

/// The loaded YAML library.
package enum YAMLLibrary {
  package static var version: String {
    yaml_get_version_string().map { String(cString: $0) } ?? "unknown"
  }
}
