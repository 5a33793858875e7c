/// Which of a task's images: the stored training images fall into those that are trained on and those
/// that the dataset holds out for validation.
package enum Portion: String, Hashable, Sendable, CaseIterable {
  case train, test, validation
}
