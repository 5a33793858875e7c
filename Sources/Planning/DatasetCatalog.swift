import Basics
import Definitions

/// What planning needs to know about a dataset, obtained without decoding an image.
package struct DatasetFacts: Hashable, Sendable {
  /// The digest of the raw content.
  package var digest: Fingerprint
  /// All classes, in the order of the dataset.
  package var classes: [String]
  /// Training and test images per class, in the same order.
  package var trainingImages: [Int]
  package var testImages: [Int]
  /// The training images, the last of each class, that are validation images; `nil` for none.
  package var validationImages: [Int]?
  /// The size of the first image; `nil` if unknown. For cost estimates only: other images may differ.
  package var imageSize: DatasetDefinition.Size?
  /// What the headers of image files say; `nil` if they were not examined.
  package var headers: HeaderSurvey?

  package init(
    digest: Fingerprint, classes: [String], trainingImages: [Int], testImages: [Int],
    validationImages: [Int]? = nil, imageSize: DatasetDefinition.Size? = nil,
    headers: HeaderSurvey? = nil
  ) {
    self.validationImages = validationImages
    self.imageSize = imageSize
    self.headers = headers
    self.digest = digest
    self.classes = classes
    self.trainingImages = trainingImages
    self.testImages = testImages
  }
}

/// Facts about something outside the pipeline file.
package struct Learned<Content: Sendable>: Sendable {
  package var content: Content
  /// Whether the source no longer exists, and these facts were recorded earlier.
  package var isRemembered: Bool

  package init(_ content: Content, isRemembered: Bool = false) {
    self.content = content
    self.isRemembered = isRemembered
  }
}

/// Where planning obtains facts about what is outside the pipeline file.
package protocol DatasetCatalog {
  /// The facts about a dataset.
  ///
  /// - Throws: `DiagnosticError` without a location if the dataset is not a dataset, or is missing and nothing is
  ///   known about it.
  func facts(of dataset: DatasetDefinition) throws -> Learned<DatasetFacts>

  /// Whether a dataset exists, or is known from earlier.
  ///
  /// - Throws: `DiagnosticError` if that cannot be determined.
  func knows(_ dataset: DatasetDefinition) throws -> Bool

  /// The bytes of a file that lists classes.
  ///
  /// - Throws: `DiagnosticError` without a location if it is too large, or is missing and was never read.
  func contents(ofList path: String) throws -> Learned<[UInt8]>

  /// The facts about a safetensors file.
  ///
  /// - Throws: `DiagnosticError` without a location if the file is not usable, or is missing and nothing is known
  ///   about it.
  func weights(at path: String) throws -> Learned<WeightsFacts>
}

extension DatasetFacts {
  /// The dataset's own validation images; `nil` if it has none.
  package var ownHoldOut: HoldOut? {
    validationImages.map {
      HoldOut(amount: .own(Dictionary(zip(classes, $0)) { first, _ in first }))
    }
  }

  /// Training images per class without validation images.
  var ownTrainingImages: [Int] {
    validationImages.map { zip(trainingImages, $0).map { $0 - $1 } } ?? trainingImages
  }
}

extension DatasetFacts: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "digest": .string(digest.hexadecimal), "classes": .list(classes.map(Value.string)),
      "train": .list(trainingImages.map(Value.integer)),
      "test": .list(testImages.map(Value.integer)),
    ]
    entries["validation"] = validationImages.map { .list($0.map(Value.integer)) }
    entries["image-size"] = imageSize.map { [.integer($0.height), .integer($0.width)] }
    entries["headers"] = headers?.value
    return .map(entries)
  }

  /// Reads the output of `value`; `nil` for anything else.
  package init?(_ value: Value) {
    guard let digest = value["digest"]?.asString.flatMap({ Fingerprint(hexadecimal: $0) }),
      let classes = value["classes"]?.asList?.compactMap(\.asString),
      let train = value["train"]?.asList?.compactMap(\.asInteger),
      let test = value["test"]?.asList?.compactMap(\.asInteger),
      !classes.isEmpty, classes.count == train.count, classes.count == test.count,
      Set(classes).count == classes.count, (train + test).allSatisfy({ 0...(1 << 40) ~= $0 })
    else { return nil }
    self.init(
      digest: digest, classes: classes, trainingImages: train, testImages: test,
      headers: value["headers"].flatMap(HeaderSurvey.init))
    if let validation = value["validation"]?.asList?.compactMap(\.asInteger) {
      guard validation.count == train.count,
        zip(validation, train).allSatisfy({ 0...$1 ~= $0 })
      else { return nil }
      validationImages = validation
    }
    if let sides = value["image-size"]?.asList?.compactMap(\.asInteger), sides.count == 2,
      sides.allSatisfy({ 1...(1 << 16) ~= $0 })
    {
      imageSize = DatasetDefinition.Size(height: sides[0], width: sides[1])
    }
  }
}
