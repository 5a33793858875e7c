import Basics

/// A piece of a YAML document, untyped, and where it stands.
///
/// Aliases are followed and merge keys applied; scalars keep their text, since what it means is for
/// the field that reads it to say. A node that an alias brings keeps the place of its anchor.
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

  /// What messages call the node.
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

  /// Whether nothing at all is written, as in `key:`.
  var isEmpty: Bool { text.isEmpty && style == .plain }
}

package struct SequenceNode: Sendable {
  package var elements: [Node]
  package var span: SourceSpan
}

/// Entries in the order of the text, their keys distinct.
package struct MappingNode: Sendable {
  package struct Entry: Sendable {
    package var key: ScalarNode
    package var value: Node
  }

  package var entries: [Entry]
  package var span: SourceSpan
}

extension Node {
  /// Calls `body` with every scalar below and including this node, keys too.
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
