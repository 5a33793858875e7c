import Basics

/// The names of parameters in a file that uses its own layer names.
package struct TensorNames: Hashable, Sendable {
  /// Maps the beginning of a parameter's name, up to a dot, to its counterpart in the file: `conv1` to `features.0`.
  package var prefixes: [String: String]
  /// What all names in the file begin with: `module.`
  package var common: String

  package init(_ prefixes: [String: String] = [:], common: String = "") {
    self.prefixes = prefixes
    self.common = common
  }

  package var isEmpty: Bool { prefixes.isEmpty && common.isEmpty }

  /// The name in the file: the longest known prefix is replaced.
  package func name(inFile parameter: String) -> String {
    var end = parameter.endIndex
    while let dot = parameter[..<end].lastIndex(of: ".") {
      if let prefix = prefixes[String(parameter[..<dot])] {
        return common + prefix + parameter[dot...]
      }
      end = dot
    }
    return common + parameter
  }
}

extension TensorNames: ValueConvertible {
  /// No parameter has an empty name, so that key is free for the common prefix.
  package var value: Value {
    var entries = prefixes.mapValues(Value.string)
    if !common.isEmpty { entries[""] = .string(common) }
    return .map(entries)
  }
}
