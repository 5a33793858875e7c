import Basics

/// What parameters are called in a file that names its layers in its own way.
package struct TensorNames: Hashable, Sendable {
  /// From the beginning of a parameter's name, up to a dot, to what stands there in the file: `conv1` to
  /// `features.0`.
  package var prefixes: [String: String]

  package init(_ prefixes: [String: String] = [:]) { self.prefixes = prefixes }

  /// The name in the file: the longest beginning that is known is exchanged.
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
