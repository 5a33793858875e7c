import Basics

/// The names of parameters in a file that uses its own layer names.
package struct TensorNames: Hashable, Sendable {
  /// Maps the beginning of a parameter's name, up to a dot, to its counterpart in the file: `conv1` to `features.0`.
  package var prefixes: [String: String]

  package init(_ prefixes: [String: String] = [:]) { self.prefixes = prefixes }

  /// The name in the file: the longest known prefix is replaced.
  package func name(inFile parameter: String) -> String {
    var end = parameter.endIndex
    while let dot = parameter[..<end].lastIndex(of: ".") {
      if let prefix = prefixes[String(parameter[..<dot])] { return prefix + parameter[dot...] }
      end = dot
    }
    return parameter
  }
}

extension TensorNames: ValueConvertible {
  package var value: Value { .map(prefixes.mapValues(Value.string)) }
}
