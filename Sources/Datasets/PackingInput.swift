import Definitions
import SystemPackage

/// Provides the images to be packed, in whatever order is cheapest to read.
protocol PackingInput {
  /// Classes and the number of images of each, which determine positions in the packed file.
  var index: DatasetIndex { get }

  /// The next few images; empty at the end.
  ///
  /// - Parameters:
  ///   - count: the maximum number, at least one.
  ///   - bytes: no further image is added once their encoded size has reached this.
  /// - Throws: `DiagnosticError` if the source cannot be read.
  mutating func next(count: Int, bytes: Int) throws -> [PackingItem]
}

/// One image to be packed.
struct PackingItem: Sendable {
  enum Content: Sendable {
    case encoded([UInt8])
    case file(FilePath)
    /// Needs no decoding.
    case pixels(@Sendable () throws -> DecodedImage)
    /// Known to be unreadable; the reason, in words.
    case unreadable(String)
  }

  /// Its positions in the natural order; several if links in an archive refer to one file.
  var positions: [Int]
  /// The path inside the dataset.
  var name: String
  var content: Content
}

/// A dataset's classes and files in the natural order: classes by ascending UTF-8 bytes, files by path or, in binary sets,
/// as they are stored.
struct DatasetIndex: Hashable, Sendable {
  struct ClassFiles: Hashable, Sendable {
    var name: String
    /// Paths inside the dataset.
    var train: [String]
    var test: [String]
    /// How many of the training images, the last ones, are validation images.
    var validation = 0
  }

  var classes: [ClassFiles]
  /// System files and notes in class folders, which are ignored.
  var passedOver: [String] = []

  var trainCount: Int { classes.reduce(0) { $0 + $1.train.count } }
  /// Validation images, which are training images.
  var validationCount: Int { classes.reduce(0) { $0 + $1.validation } }
  var testCount: Int { classes.reduce(0) { $0 + $1.test.count } }

  /// Whether one of some positions is that of a validation image. These are distinguished by their number alone, so none is
  /// left out.
  func hasValidation(at positions: [Int]) -> Bool {
    guard validationCount > 0 else { return false }
    var end = 0
    for files in classes {
      end += files.train.count
      if positions.contains(where: { end - files.validation..<end ~= $0 }) { return true }
    }
    return false
  }

  /// All paths by position: training images, then test images.
  var paths: [String] { classes.flatMap(\.train) + classes.flatMap(\.test) }
}
