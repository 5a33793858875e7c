import Basics

/// Something that a pipeline reads outside of its file, by the path that its file writes.
///
/// A store remembers what it knew of each, so that results outlive the data that they came from, on this machine
/// and wherever the study is imported.
package struct OutsideSource: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case dataset, weights, classes
  }

  package var kind: Kind
  /// The pipeline's name.
  package var pipeline: String
  /// As the pipeline's file writes it.
  package var path: String

  package init(kind: Kind, pipeline: String, path: String) {
    self.kind = kind
    self.pipeline = pipeline
    self.path = path
  }
}

extension Store {
  /// What was known of a source when it was last there; `nil` where nothing was.
  package func remembered(_ source: OutsideSource) -> Value? {
    if let known = inspection(for: source.key) { return known }
    // Early versions knew datasets of imported studies alone.
    guard source.kind == .dataset else { return nil }
    return inspection(for: "imported dataset \(source.place)")
  }

  /// Remembers what is known of a source.
  package func remember(
    _ facts: Value, of source: OutsideSource
  ) throws(DiagnosticError) {
    try setInspection(facts, for: source.key)
  }
}

extension OutsideSource {
  fileprivate var key: String { "source \(kind.rawValue) \(place)" }

  fileprivate var place: String { Value.list([.string(pipeline), .string(path)]).json() }
}
