import Basics
import Definitions

/// What planning needs to know of a dataset: learned without decoding an image.
package struct DatasetFacts: Hashable, Sendable {
  /// The digest of the raw content.
  package var digest: Fingerprint
  /// All classes, in the dataset's order.
  package var classes: [String]
  /// Training and test images of each class, in the same order.
  package var trainingImages: [Int]
  package var testImages: [Int]
  /// The size of the images, as the first of them has it; `nil` where that is not known. For prices alone: the
  /// others may differ.
  package var imageSize: DatasetDefinition.Size?

  package init(
    digest: Fingerprint, classes: [String], trainingImages: [Int], testImages: [Int],
    imageSize: DatasetDefinition.Size? = nil
  ) {
    self.imageSize = imageSize
    self.digest = digest
    self.classes = classes
    self.trainingImages = trainingImages
    self.testImages = testImages
  }
}

/// What planning has learned of something outside the pipeline file.
package struct Learned<Content: Sendable>: Sendable {
  package var content: Content
  /// Whether there is nothing any more, and this is what was known when there was.
  package var isRemembered: Bool

  package init(_ content: Content, isRemembered: Bool = false) {
    self.content = content
    self.isRemembered = isRemembered
  }
}

/// Where planning learns about what lies outside the pipeline file.
package protocol DatasetCatalog {
  /// The facts about a dataset.
  ///
  /// - Throws: `DiagnosticError` without a place where the dataset is no dataset at all, or is missing and
  ///   nothing is known of it.
  func facts(of dataset: DatasetDefinition) throws -> Learned<DatasetFacts>

  /// Whether there is anything where a dataset is said to be, or it is known what there was.
  ///
  /// - Throws: `DiagnosticError` where that cannot be found out.
  func knows(_ dataset: DatasetDefinition) throws -> Bool

  /// The bytes of a file that lists classes.
  ///
  /// - Throws: `DiagnosticError` without a place where it is too large, or is missing and was never read.
  func contents(ofList path: String) throws -> Learned<[UInt8]>

  /// The facts about a safetensors file.
  ///
  /// - Throws: `DiagnosticError` without a place where the file is not usable, or is missing and nothing is
  ///   known of it.
  func weights(at path: String) throws -> Learned<WeightsFacts>
}

extension DatasetFacts: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "digest": .string(digest.hexadecimal), "classes": .list(classes.map(Value.string)),
      "train": .list(trainingImages.map(Value.integer)),
      "test": .list(testImages.map(Value.integer)),
    ]
    entries["image-size"] = imageSize.map { [.integer($0.height), .integer($0.width)] }
    return .map(entries)
  }

  /// Reads what `value` gave; `nil` for anything else.
  package init?(_ value: Value) {
    guard let digest = value["digest"]?.asString.flatMap({ Fingerprint(hexadecimal: $0) }),
      let classes = value["classes"]?.asList?.compactMap(\.asString),
      let train = value["train"]?.asList?.compactMap(\.asInteger),
      let test = value["test"]?.asList?.compactMap(\.asInteger),
      !classes.isEmpty, classes.count == train.count, classes.count == test.count,
      Set(classes).count == classes.count, (train + test).allSatisfy({ 0...(1 << 40) ~= $0 })
    else { return nil }
    self.init(digest: digest, classes: classes, trainingImages: train, testImages: test)
    if let sides = value["image-size"]?.asList?.compactMap(\.asInteger), sides.count == 2,
      sides.allSatisfy({ 1...(1 << 16) ~= $0 })
    {
      imageSize = DatasetDefinition.Size(height: sides[0], width: sides[1])
    }
  }
}
