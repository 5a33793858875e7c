import Basics
import Definitions

/// What a packed file says about itself, ahead of labels and pixels.
///
/// The file, all numbers little-endian:
///
/// | bytes | content |
/// |---|---|
/// | 8 | `CAMBPACK` |
/// | 4 | version, 1 |
/// | 4 × 3 | channels, height, width |
/// | 4 | number of classes |
/// | 8 × 2 | number of training images, of test images |
/// | 8 × 2 | where labels begin, where pixels begin |
/// | for each class | 8 × 2: its training and test images; 4: length of its name; the name in UTF-8 |
/// | – | zeros up to the labels, which begin at a multiple of 64 |
/// | 4 × N | each image's class, by position in the class list |
/// | – | zeros up to the pixels, which begin at a multiple of 4096 |
/// | N × height × width × channels | pixels 0…255 |
///
/// Encoded images have version 2, and differ in length. Between the number 'where pixels begin', which is where the
/// images begin, and the classes are
///
/// | bytes | content |
/// |---|---|
/// | 8 | the quality of the JPEGs |
/// | 8 | where the index begins |
///
/// and between labels and images
///
/// | bytes | content |
/// |---|---|
/// | – | zeros up to the index, which begins at a multiple of 64 |
/// | 8 × (N + 1) | where each image begins, counted from the first, and where the last one ends |
///
/// Training images come first. Within a subset, images are ordered by class (ascending UTF-8), then by
/// path.
struct PackedHeader: Hashable, Sendable {
  struct ClassEntry: Hashable, Sendable {
    var name: String
    var train: Int
    var test: Int
  }

  var channels: Int
  var height: Int
  var width: Int
  var storage = DatasetDefinition.Storage.pixels
  var classes: [ClassEntry]

  static let magic = Array("CAMBPACK".utf8)
  /// The limit of an image's height and width, in pixels.
  static let longestSide = 65536
  private static let fixedLength = 8 + 4 + 12 + 4 + 16 + 16

  /// The version of the format.
  private var version: Int { storage == .pixels ? 1 : 2 }
  var trainCount: Int { classes.reduce(0) { $0 + $1.train } }
  var testCount: Int { classes.reduce(0) { $0 + $1.test } }
  var imageCount: Int { trainCount + testCount }
  /// Bytes per image, decoded.
  var imageLength: Int { channels * height * width }

  /// The offset of the labels, which depends only on the class names.
  var labelOffset: Int {
    let names = classes.reduce(0) { $0 + 20 + $1.name.utf8.count }
    let fixed = PackedHeader.fixedLength + (storage == .pixels ? 0 : 16)
    return (fixed + names).roundedUp(toMultipleOf: 64)
  }

  /// The offset of the index of encoded images.
  func indexOffset(images: Int) -> Int { (labelOffset + 4 * images).roundedUp(toMultipleOf: 64) }

  /// The offset of the images in a file with this number of them.
  func pixelOffset(images: Int) -> Int {
    let end =
      storage == .pixels ? labelOffset + 4 * images : indexOffset(images: images) + 8 * (images + 1)
    return end.roundedUp(toMultipleOf: 4096)
  }

  /// The labels in the order of the file.
  var labels: [Int32] {
    func labels(_ count: (ClassEntry) -> Int) -> [Int32] {
      classes.enumerated().flatMap { index, entry in
        repeatElement(Int32(index), count: count(entry))
      }
    }
    return labels { $0.train } + labels { $0.test }
  }

  /// The header, the labels and the index, with the zeros between and after them.
  ///
  /// - Parameter lengths: of encoded images, in order.
  func encoded(lengths: [Int] = []) -> [UInt8] {
    let pixelOffset = pixelOffset(images: imageCount)
    var bytes = PackedHeader.magic
    bytes.reserveCapacity(pixelOffset)
    for number in [version, channels, height, width, classes.count] {
      bytes.append(UInt32(number))
    }
    for number in [trainCount, testCount, labelOffset, pixelOffset] { bytes.append(UInt64(number)) }
    if case .jpeg(let quality) = storage {
      for number in [quality, indexOffset(images: imageCount)] { bytes.append(UInt64(number)) }
    }
    for entry in classes {
      bytes.append(UInt64(entry.train))
      bytes.append(UInt64(entry.test))
      bytes.append(UInt32(entry.name.utf8.count))
      bytes.append(contentsOf: entry.name.utf8)
    }
    bytes.append(contentsOf: repeatElement(0, count: labelOffset - bytes.count))
    for label in labels { bytes.append(UInt32(bitPattern: label)) }
    if storage != .pixels {
      precondition(lengths.count == imageCount, "a length for each image")
      bytes.append(
        contentsOf: repeatElement(0, count: indexOffset(images: imageCount) - bytes.count))
      var offset = 0
      bytes.append(UInt64(0))
      for length in lengths {
        offset += length
        bytes.append(UInt64(offset))
      }
    }
    bytes.append(contentsOf: repeatElement(0, count: pixelOffset - bytes.count))
    return bytes
  }
}

// MARK: - Reading

extension PackedHeader {
  /// The problem of a packed file, in words.
  struct Damage: Error, ExpressibleByStringInterpolation {
    var message: String

    init(stringLiteral message: String) { self.message = message }
  }

  /// Reads and validates the header at the beginning of a file.
  ///
  /// - Throws: `Damage` for anything that is inconsistent with the file's length or with itself.
  static func decoded(_ bytes: UnsafeRawBufferPointer) throws(Damage) -> (
    header: PackedHeader, pixelOffset: Int
  ) {
    var reader = LittleEndianReader(bytes: bytes)
    guard bytes.count >= fixedLength, bytes.prefix(8).elementsEqual(magic) else {
      throw "it is not a packed dataset"
    }
    reader.position = 8
    let version = try reader.number(UInt32.self)
    guard version == 1 || version == 2 else { throw "it has the unknown version \(version)" }
    let channels = try reader.number(UInt32.self)
    let height = try reader.number(UInt32.self)
    let width = try reader.number(UInt32.self)
    let classCount = try reader.number(UInt32.self)
    let trainCount = try reader.number(UInt64.self)
    let testCount = try reader.number(UInt64.self)
    let labelOffset = try reader.number(UInt64.self)
    let pixelOffset = try reader.number(UInt64.self)
    var storage = DatasetDefinition.Storage.pixels
    var indexOffset = 0
    if version == 2 {
      let quality = try reader.number(UInt64.self)
      indexOffset = try reader.number(UInt64.self)
      guard DatasetDefinition.Storage.qualities ~= quality else {
        throw "it has an impossible quality"
      }
      storage = .jpeg(quality: quality)
    }
    guard channels == 1 || channels == 3, 1...longestSide ~= height, 1...longestSide ~= width
    else { throw "it has an impossible image size" }
    var classes: [ClassEntry] = []
    var images = 0
    for _ in 0..<classCount {
      let train = try reader.number(UInt64.self)
      let test = try reader.number(UInt64.self)
      // Every image takes at least a byte, so no sum of counts overflows.
      guard train <= bytes.count, test <= bytes.count, images + train + test <= bytes.count else {
        throw "it counts impossibly many images"
      }
      images += train + test
      let name = try reader.text()
      if let last = classes.last, !last.name.utf8.lexicographicallyPrecedes(name.utf8) {
        throw "its classes are out of order"
      }
      classes.append(ClassEntry(name: name, train: train, test: test))
    }
    let header = PackedHeader(
      channels: channels, height: height, width: width, storage: storage, classes: classes)
    guard header.trainCount == trainCount, header.testCount == testCount,
      header.labelOffset == labelOffset,
      pixelOffset == header.pixelOffset(images: header.imageCount),
      storage == .pixels || indexOffset == header.indexOffset(images: header.imageCount)
    else { throw "its header contradicts itself" }
    guard pixelOffset <= bytes.count,
      storage == .pixels
        ? header.pixelsFill(bytes.count - pixelOffset) : header.indexFits(bytes, from: pixelOffset)
    else { throw "its length does not fit its header" }
    // Detects a last class name that lost a letter.
    guard bytes[reader.position..<labelOffset].allSatisfy({ $0 == 0 }) else {
      throw "its header contradicts itself"
    }
    return (header, pixelOffset)
  }
}

extension PackedHeader {
  /// Whether so many bytes are those of all images.
  private func pixelsFill(_ length: Int) -> Bool {
    let (pixels, overflow) = imageLength.multipliedReportingOverflow(by: imageCount)
    return !overflow && pixels == length
  }

  /// Whether the index ascends from zero to the end of the file, so that every image is inside of it and is not empty.
  private func indexFits(_ bytes: UnsafeRawBufferPointer, from pixelOffset: Int) -> Bool {
    let start = indexOffset(images: imageCount)
    let length = UInt64(bytes.count - pixelOffset)
    var last: UInt64?
    for image in 0...imageCount {
      let offset = UInt64(
        littleEndian: bytes.loadUnaligned(fromByteOffset: start + 8 * image, as: UInt64.self))
      guard offset <= length, last.map({ $0 < offset }) ?? (offset == 0) else { return false }
      last = offset
    }
    return last == length
  }
}

/// Reads consecutive little-endian numbers.
private struct LittleEndianReader {
  let bytes: UnsafeRawBufferPointer
  var position = 0

  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws(PackedHeader.Damage)
    -> Int
  {
    let size = MemoryLayout<Number>.size
    guard position + size <= bytes.count else { throw "its header is cut off" }
    let raw = Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    guard let number = Int(exactly: raw) else { throw "its header holds an impossible number" }
    position += size
    return number
  }

  mutating func text() throws(PackedHeader.Damage) -> String {
    let length = try number(UInt32.self)
    guard position + length <= bytes.count else { throw "its header is cut off" }
    guard let text = String(validating: bytes[position..<position + length], as: UTF8.self) else {
      throw "a class name is not UTF-8"
    }
    position += length
    return text
  }
}

extension Array<UInt8> {
  fileprivate mutating func append(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}

extension Int {
  func roundedUp(toMultipleOf step: Int) -> Int { (self + step - 1) / step * step }
}
