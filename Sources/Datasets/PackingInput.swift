import Definitions
import SystemPackage

/// Where the images that are to be packed come from, in whatever order is cheap to read.
protocol PackingInput {
  /// Classes and, for each, how many images; positions in the packed file follow from it.
  var index: DatasetIndex { get }

  /// The next few images; none at the end.
  ///
  /// - Parameters:
  ///   - count: at most so many, at least one.
  ///   - bytes: no further one once their encoded length has reached this.
  /// - Throws: `DiagnosticError` where the source cannot be read.
  mutating func next(count: Int, bytes: Int) throws -> [PackingItem]
}

/// One image to be packed.
struct PackingItem: Sendable {
  enum Content: Sendable {
    case encoded([UInt8])
    case file(FilePath)
    /// What needs no decoding.
    case pixels(@Sendable () throws -> DecodedImage)
    /// What is known to be no image; why, in words.
    case unreadable(String)
  }

  /// Where in the natural order it goes; several positions where an archive links to one file.
  var positions: [Int]
  /// The path inside the dataset.
  var name: String
  var content: Content
}

/// A dataset's classes and files in the natural order: classes by ascending UTF-8 bytes, files by path.
struct DatasetIndex: Hashable, Sendable {
  struct ClassFiles: Hashable, Sendable {
    var name: String
    /// Paths inside the dataset.
    var train: [String]
    var test: [String]
  }

  var classes: [ClassFiles]
  /// Files of the system and notes in the classes' folders, which are passed over.
  var passedOver: [String] = []

  var trainCount: Int { classes.reduce(0) { $0 + $1.train.count } }
  var testCount: Int { classes.reduce(0) { $0 + $1.test.count } }

  /// All paths by position: training images, then test images.
  var paths: [String] { classes.flatMap(\.train) + classes.flatMap(\.test) }
}
