import Basics

/// A part of a YAML document, untyped, and its location.
///
/// Aliases are resolved and merge keys applied. Scalars keep their text, since the field that reads a scalar
/// determines its type. A node from an alias keeps the location of its anchor.
package enum Node: Sendable {
  case scalar(ScalarNode)
  case sequence(SequenceNode)
  case mapping(MappingNode)

  package var span: SourceSpan {
    switch self {
    case .scalar(let scalar): scalar.span
    case .sequence(let sequence): sequence.span
    case .mapping(let mapping): mapping.span
    }
  }

  /// The name of the node in messages.
  var kind: String {
    switch self {
    case .scalar(let scalar): scalar.isEmpty ? "nothing" : "'\(scalar.text)'"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// A scalar's text, with quotes and escapes undone.
package struct ScalarNode: Sendable {
  package enum Style: Sendable {
    /// Without quotes: may be read as a number or a truth value.
    case plain
    /// In quotes, or a block scalar: text.
    case quoted
  }

  package var text: String
  package var style: Style
  package var span: SourceSpan

  /// Whether there is no value, as in `key:`.
  var isEmpty: Bool { text.isEmpty && style == .plain }
}

package struct SequenceNode: Sendable {
  package var elements: [Node]
  package var span: SourceSpan
}

/// Entries in the order of the text, with distinct keys.
package struct MappingNode: Sendable {
  package struct Entry: Sendable {
    package var key: ScalarNode
    package var value: Node
  }

  package var entries: [Entry]
  package var span: SourceSpan
}

extension Node {
  /// Calls `body` with every scalar in this node, including keys.
  func forEachScalar(_ body: (ScalarNode) -> Void) {
    switch self {
    case .scalar(let scalar):
      body(scalar)
    case .sequence(let sequence):
      for element in sequence.elements { element.forEachScalar(body) }
    case .mapping(let mapping):
      for entry in mapping.entries {
        body(entry.key)
        entry.value.forEachScalar(body)
      }
    }
  }
}
