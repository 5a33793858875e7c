import Basics
import Definitions

/// What planning needs to know of a dataset: learned without decoding an image.
package struct DatasetFacts: Hashable, Sendable {
  /// The digest of the raw content.
  package var digest: Fingerprint
  /// All classes, in the dataset's order.
  package var classes: [String]
  /// Training images of each class, in the same order.
  package var trainingImages: [Int]

  package init(digest: Fingerprint, classes: [String], trainingImages: [Int]) {
    self.digest = digest
    self.classes = classes
    self.trainingImages = trainingImages
  }
}

/// Where planning learns about what lies outside the pipeline file.
package protocol DatasetCatalog {
  /// The facts about a dataset.
  ///
  /// - Throws: `DiagnosticError` without a place where the dataset is missing or no dataset at all.
  func facts(of dataset: DatasetDefinition) throws -> DatasetFacts

  /// The facts about a safetensors file.
  ///
  /// - Throws: `DiagnosticError` without a place where the file is missing or not usable.
  func weights(at path: String) throws -> WeightsFacts
}
