import Basics
import Definitions

/// IDX files, as MNIST, Fashion-MNIST, KMNIST and EMNIST are distributed.
///
/// Two zero bytes, the type of the elements (8: bytes), the number of dimensions, each dimension as a big-endian number of 32
/// bits, and the elements, the last dimension first. Files with one dimension are labels, with three dimensions images.
enum IDXSet: PixelSet {
  private static let byteType: UInt8 = 8

  static func recognizes(_ start: [UInt8]) -> Bool {
    guard start.count >= 4 else { return false }
    return start[0] == 0 && start[1] == 0 && [8, 9, 11, 12, 13, 14].contains(start[2])
      && 1...4 ~= start[3]
  }

  static func table(
    _ file: String, _ start: [UInt8], _ stream: inout ByteStream, _ labels: DatasetDefinition.Labels
  ) throws -> PixelTable? {
    let type = start[2]
    let dimensions = Int(start[3])
    let header = try stream.read(4 + 4 * dimensions)
    guard header.count == 4 + 4 * dimensions else {
      throw DiagnosticError(
        "'\(file)' is cut off: its header of \(4 + 4 * dimensions) bytes is incomplete")
    }
    let extents = (0..<dimensions).map { index in
      header[(4 + 4 * index)..<(8 + 4 * index)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard type == byteType else {
      // QMNIST has a table of other facts in this form, next to its images.
      guard dimensions == 3 || dimensions == 4 else { return nil }
      throw DiagnosticError("the pixels in '\(file)' are not bytes (type \(type) of IDX)")
    }
    switch dimensions {
    case 1: return try PixelTable(file, count: extents[0], recordLength: 1, label: LabelLayout())
    case 3, 4:
      let channels = dimensions == 4 ? extents[3] : 1
      guard channels == 1 || channels == 3 else {
        throw DiagnosticError("the images in '\(file)' have \(channels) channels, not 1 or 3")
      }
      let layout = PixelLayout(height: extents[1], width: extents[2], channels: channels)
      // Checked by the table before anything is multiplied with the count; 2³² × 2³² × 3 fits no Int.
      let (plane, overflow) = extents[1].multipliedReportingOverflow(by: extents[2])
      return try PixelTable(
        file, count: extents[0],
        recordLength: overflow || plane > ImageDecoder.mostPixels ? 0 : plane * channels,
        image: layout)
    default: return nil
    }
  }
}
