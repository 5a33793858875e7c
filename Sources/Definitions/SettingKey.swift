/// The keys of a stage's settings that results and reports read from records.
package enum SettingKey {
  package static let classes = "classes"
  package static let network = "network"
  package static let preprocessing = "preprocessing"
  package static let solver = "solver"
  /// The measured subset of an evaluation.
  package static let subset = "subset"
}
