/// The name of a kind of stage in pipeline files, plans, records and fingerprints. Each kind defines it in the file
/// of its value.
package struct StageKind: RawRepresentable, Hashable, Sendable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }
}
