import Glibc

/// What the markers of a JPEG file tell without decoding it.
struct JPEGOutline {
  private(set) var height = 0
  private(set) var width = 0
  /// How often the file goes over the image.
  private(set) var scans = 0
  private(set) var isProgressive = false
  /// 1 for grey, 3 for colour, 4 for CMYK.
  private(set) var components = 0
  /// Stored samples a pixel: fewer than components where colour is coarser than brightness.
  private(set) var samplesPerPixel = 0.0
  /// As EXIF has it; 1 for upright.
  private(set) var orientation = 1

  /// Goes from marker to marker (ITU-T T.81, annex B), as far as they make sense.
  init(_ bytes: UnsafeRawBufferPointer) {
    var position = 2
    while let marker = JPEGOutline.nextMarker(bytes, &position) {
      switch marker {
      // Markers without a segment.
      case 0x01, 0xd0...0xd8: continue
      case 0xd9: return
      default: break
      }
      guard position + 2 <= bytes.count else { return }
      let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
      guard length >= 2 else { return }
      switch marker {
      // Frames of every kind; the others in this range are tables.
      case 0xc0...0xcf where ![0xc4, 0xc8, 0xcc].contains(marker):
        guard position + 7 <= bytes.count else { return }
        height = Int(bytes[position + 3]) << 8 | Int(bytes[position + 4])
        width = Int(bytes[position + 5]) << 8 | Int(bytes[position + 6])
        isProgressive = [0xc2, 0xc6, 0xca, 0xce].contains(marker)
        noteComponents(bytes, position, length)
      case 0xe1 where length >= 8 && position + length <= bytes.count && scans == 0:
        let content = bytes[position + 2..<position + length]
        if content.starts(with: JPEGOutline.exif) {
          orientation = exifOrientation(content.dropFirst(JPEGOutline.exif.count)) ?? 1
        }
      case 0xda: scans += 1
      default: break
      }
      position += length
    }
  }

  private static let exif = Array("Exif\0\0".utf8)

  /// Takes note of a frame's components and how finely each is sampled.
  private mutating func noteComponents(
    _ bytes: UnsafeRawBufferPointer, _ position: Int, _ length: Int
  ) {
    guard length >= 8, position + length <= bytes.count else { return }
    components = Int(bytes[position + 7])
    guard length >= 8 + 3 * components else { return }
    let factors = (0..<components).map { Int(bytes[position + 9 + 3 * $0]) }
    let finest =
      (factors.map { $0 >> 4 }.max() ?? 0) * (factors.map { $0 & 15 }.max() ?? 0)
    guard finest > 0 else { return }
    samplesPerPixel = Double(factors.reduce(0) { $0 + ($1 >> 4) * ($1 & 15) }) / Double(finest)
  }

  /// The next marker's second byte, and the position behind it. In the data of a scan, whatever follows a byte of
  /// ones and is no marker is zero or a restart.
  private static func nextMarker(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> UInt8? {
    guard let base = bytes.baseAddress else { return nil }
    while position + 1 < bytes.count,
      let found = memchr(base + position, 0xff, bytes.count - 1 - position)
    {
      position = base.distance(to: UnsafeRawPointer(found))
      let second = bytes[position + 1]
      if second != 0, second != 0xff {
        position += 2
        return second
      }
      position += 1
    }
    return nil
  }
}
