import Basics
import Definitions

/// The facts about a dataset that are known without decoding images.
package struct DatasetSummary: Hashable, Sendable {
  /// Over the raw content: the bytes of an archive; the paths and files of a folder; the parameters of the built-in
  /// images.
  package var digest: Fingerprint
  /// By ascending UTF-8 bytes.
  package var classes: [String]
  /// Files per class, readable or not.
  package var trainCounts: [Int]
  package var testCounts: [Int]
  /// Files per class that are validation images, which are the last of the training images; `nil` if there are none.
  package var validationCounts: [Int]?
  /// `nil` in summaries of earlier versions, which did not determine it.
  package var imageSize: ImageSize?
  /// What the headers of image files say; `nil` in summaries of earlier versions, and of formats without such files.
  package var headers: HeaderSurvey?
  /// The files that count, each with the beginning of its digest (empty for members of archives), and a space and its
  /// class where that is not the name of a folder; right after they were read. `nil` otherwise, and where there are more
  /// than `mostListed`. Not part of `value`.
  package var files: [String: String]?

  /// A list of more names is not worth its space: it only tells which files have changed.
  static let mostListed = 100_000

  init(
    digest: Fingerprint, classes: [String], trainCounts: [Int], testCounts: [Int],
    headers: HeaderSurvey? = nil, imageSize: ImageSize
  ) {
    self.headers = headers
    self.imageSize = imageSize
    self.digest = digest
    self.classes = classes
    self.trainCounts = trainCounts
    self.testCounts = testCounts
  }

  /// - Parameter digests: of the index's paths, as far as they are known.
  init(
    digest: Fingerprint, index: DatasetIndex, headers: HeaderSurvey, digests: [String: String]
  ) {
    self.headers = headers
    imageSize = headers.sizes.first.map { ImageSize.of($0.size) } ?? ImageSize.none
    let paths = index.paths
    if paths.count <= DatasetSummary.mostListed {
      var files: [String: String] = [:]
      for entry in index.classes {
        for path in entry.train + entry.test {
          let label = path.contains("/\(entry.name)/") ? "" : " \(entry.name)"
          files[path] = String(digests[path]?.prefix(12) ?? "") + label
        }
      }
      self.files = files
    }
    self.digest = digest
    classes = index.classes.map(\.name)
    trainCounts = index.classes.map(\.train.count)
    testCounts = index.classes.map(\.test.count)
    if index.validationCount > 0 { validationCounts = index.classes.map(\.validation) }
  }
}

extension DatasetSummary: ValueConvertible {
  package var value: Value {
    var entries: [String: Value] = [
      "digest": .string(digest.hexadecimal), "classes": .list(classes.map(Value.string)),
      "train": .list(trainCounts.map(Value.integer)), "test": .list(testCounts.map(Value.integer)),
    ]
    entries["validation"] = validationCounts.map { .list($0.map(Value.integer)) }
    entries["image-size"] = imageSize?.value
    entries["headers"] = headers?.value
    return .map(entries)
  }

  /// Reads the output of `value`; `nil` for anything else.
  package init?(_ value: Value) {
    guard let digest = value["digest"]?.asString.flatMap(Fingerprint.init(hexadecimal:)),
      let classes = value["classes"]?.list(of: \.asString),
      let train = value["train"]?.list(of: \.asInteger),
      let test = value["test"]?.list(of: \.asInteger),
      classes.count == train.count, classes.count == test.count
    else { return nil }
    self.digest = digest
    self.classes = classes
    trainCounts = train
    testCounts = test
    if let validation = value["validation"]?.list(of: \.asInteger) {
      guard validation.count == train.count else { return nil }
      validationCounts = validation
    }
    imageSize = value["image-size"].flatMap(ImageSize.init)
    headers = value["headers"].flatMap(HeaderSurvey.init)
  }
}

/// Detects changes of a source: as long as the stamp is the same, so is the content.
package struct SourceStamp: Hashable, Sendable {
  /// Over paths, sizes, times and inode numbers.
  private let digest: Fingerprint
  /// Whether every change since the content was read results in a different stamp: not if a file had been changed
  /// just before.
  var tellsChanges = true

  init(over facts: Value) { digest = facts.fingerprint }

  /// Whether the source has the same stamp as at another time, which may not be conclusive.
  package func looks(like other: SourceStamp) -> Bool { digest == other.digest }

  /// Whether the content is unchanged since this stamp.
  func tellsThatNothingChanged(until now: SourceStamp) -> Bool {
    tellsChanges && looks(like: now)
  }
}

extension SourceStamp: ValueConvertible {
  package var value: Value {
    ["files": .string(digest.hexadecimal), "tells-changes": .bool(tellsChanges)]
  }

  /// Reads the output of `value`; `nil` for anything else.
  package init?(_ value: Value) {
    guard let digest = value["files"]?.asString.flatMap(Fingerprint.init(hexadecimal:)),
      let tellsChanges = value["tells-changes"]?.asBool
    else { return nil }
    self.digest = digest
    self.tellsChanges = tellsChanges
  }
}

extension Value {
  /// The elements of a list, all of one type; `nil` for anything else.
  fileprivate func list<Element>(of element: (Value) -> Element?) -> [Element]? {
    guard let values = asList else { return nil }
    let elements = values.compactMap(element)
    return elements.count == values.count ? elements : nil
  }
}
