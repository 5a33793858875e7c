/// The keys of a stage's settings that results and reports read from records.
package enum SettingKey {
  package static let classes = "classes"
  package static let network = "network"
  package static let preprocessing = "preprocessing"
  /// In the preprocessing: the steps on training images, in order.
  package static let augmentation = "augment"
  package static let solver = "solver"
  /// The measured subset of an evaluation.
  package static let subset = "subset"
}
