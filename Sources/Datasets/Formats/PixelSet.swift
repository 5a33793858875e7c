import Basics
import Definitions

/// A format of files that store images as pixels, all of one size, and classes as numbers.
///
/// `pixelSets` lists all of them; `PixelFormat` finds the files, pairs images with labels, and reads them.
protocol PixelSet: Sendable {
  /// Whether a file begins like one of this format.
  static func recognizes(_ start: [UInt8]) -> Bool

  /// Reads the header of a file.
  ///
  /// - Parameters:
  ///   - file: its path, for messages.
  ///   - start: its first bytes.
  ///   - stream: the file, advanced to its first record.
  ///   - labels: which of two labels is wanted.
  /// - Returns: `nil` for a file of this format that contains neither images nor labels.
  /// - Throws: `DiagnosticError` for a header that is damaged, or of content that is not supported.
  static func table(
    _ file: String, _ start: [UInt8], _ stream: inout ByteStream, _ labels: DatasetDefinition.Labels
  ) throws -> PixelTable?

  /// Whether such files are also found next to images, such as a mean image.
  static var accompaniesImages: Bool { get }

  /// Whether a text file that comes with the set lists the names of its classes, one per line.
  static func isListOfClasses(_ file: String, _ labels: DatasetDefinition.Labels) -> Bool
}

extension PixelSet {
  static var accompaniesImages: Bool { false }

  static func isListOfClasses(_ file: String, _ labels: DatasetDefinition.Labels) -> Bool { false }
}

/// The formats, in the order in which they are tried.
let pixelSets: [any PixelSet.Type] = [IDXSet.self, NumPySet.self, CIFARSet.self]

/// The records of a file: images, labels, or both.
struct PixelTable: Sendable {
  /// The path of the file in its folder or archive.
  var file: String
  /// The number of records; `nil` for as many as there are.
  var count: Int?
  /// In bytes.
  var recordLength: Int
  /// The number of bytes before the first record.
  var headerLength = 0
  var image: PixelLayout?
  var label: LabelLayout?

  /// - Throws: `DiagnosticError` for lengths that are not plausible.
  init(
    _ file: String, count: Int?, recordLength: Int, image: PixelLayout? = nil,
    label: LabelLayout? = nil
  ) throws(DiagnosticError) {
    self.file = file
    self.count = count
    self.recordLength = recordLength
    self.image = image
    self.label = label
    if let count, count > DatasetDefinition.mostImages {
      throw DiagnosticError("'\(file)' claims \(count) records, more than a dataset can have")
    }
    if let count, count == 0 { throw DiagnosticError("'\(file)' has no records") }
    if let image {
      guard 1...ImageDecoder.longestSide ~= image.height,
        1...ImageDecoder.longestSide ~= image.width,
        image.height * image.width <= ImageDecoder.mostPixels
      else {
        throw DiagnosticError(
          "'\(file)' claims images of \(image.height)×\(image.width), which is not plausible")
      }
    }
  }

  /// What its records are, for messages.
  var noun: String { image == nil ? "label" : "image" }
}

/// How a record stores an image.
struct PixelLayout: Sendable {
  enum Order {
    /// height × width × channels
    case interleaved
    /// channels × height × width
    case planes
  }

  var height: Int
  var width: Int
  /// 1 or 3.
  var channels: Int
  var order = Order.interleaved
  /// Of the first pixel in the record.
  var offset = 0

  var length: Int { height * width * channels }

  func image(_ record: [UInt8]) -> DecodedImage {
    let stored = record[offset..<offset + length]
    guard order == .planes, channels > 1 else {
      return DecodedImage(height: height, width: width, channels: channels, pixels: Array(stored))
    }
    let plane = height * width
    var pixels = [UInt8](repeating: 0, count: length)
    for channel in 0..<channels {
      for pixel in 0..<plane {
        pixels[pixel * channels + channel] = stored[stored.startIndex + channel * plane + pixel]
      }
    }
    return DecodedImage(height: height, width: width, channels: channels, pixels: pixels)
  }
}

/// How a record stores a label: a whole number.
struct LabelLayout: Sendable {
  /// In the record.
  var offset = 0
  /// 1, 2, 4 or 8 bytes.
  var size = 1
  var isSigned = false
  var isBigEndian = false

  /// `nil` for a number that no class can have.
  func label(_ record: ArraySlice<UInt8>) -> Int? {
    let first = record.startIndex + offset
    let bytes = record[first..<first + size]
    let value = (isBigEndian ? Array(bytes) : bytes.reversed()).reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    let isNegative = isSigned && value >> (8 * UInt64(size) - 1) == 1
    guard !isNegative, value <= UInt64(NumberedClasses.most) else { return nil }
    return Int(value)
  }
}
