import Basics

/// A source outside the pipeline file, by the path written in the file.
///
/// A store records facts about each source, so that results outlive their data, on this machine and wherever the
/// study is imported.
package struct OutsideSource: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case dataset, weights, classes
  }

  package var kind: Kind
  /// The name of the pipeline.
  package var pipeline: String
  /// As written in the pipeline file.
  package var path: String

  package init(kind: Kind, pipeline: String, path: String) {
    self.kind = kind
    self.pipeline = pipeline
    self.path = path
  }
}

extension Store {
  /// The facts recorded when a source last existed; `nil` if there are none.
  package func remembered(_ source: OutsideSource) -> Value? {
    if let known = lastingInspection(for: source.key) { return known }
    // Early versions recorded only the datasets of imported studies.
    guard source.kind == .dataset else { return nil }
    return lastingInspection(for: "imported dataset \(source.place)")
  }

  /// The files that a dataset's content was made of, each with the beginning of its digest; `nil` where they were not
  /// noted.
  ///
  /// - Parameter digest: the content's, as settings have it.
  package func listing(ofContent digest: String) -> [String: String]? {
    inspection(for: Store.listingKey(digest))?.asMap?.compactMapValues(\.asString)
  }

  /// Notes the files that a dataset's content was made of.
  package func setListing(
    _ files: [String: String], ofContent digest: String
  ) throws(DiagnosticError) {
    try setInspection(.map(files.mapValues(Value.string)), for: Store.listingKey(digest))
  }

  private static func listingKey(_ digest: String) -> String { "files of content \(digest)" }

  /// Records facts about a source.
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
