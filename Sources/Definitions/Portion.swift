/// A portion of a task's images: the stored training images are divided into those trained on and those held out for
/// validation.
package enum Portion: String, Hashable, Sendable, CaseIterable {
  case train, test, validation
}
