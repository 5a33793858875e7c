/// What a kind of stage is called, in pipeline files, plans, records and fingerprints. Each kind says so in the file
/// of its value.
package struct StageKind: RawRepresentable, Hashable, Sendable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }
}
