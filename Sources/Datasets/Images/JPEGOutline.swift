import Glibc

/// The information in the markers of a JPEG file, available without decoding.
struct JPEGOutline {
  private(set) var height = 0
  private(set) var width = 0
  /// The number of scans of the image that are decoded.
  private(set) var scans = 0
  private(set) var isProgressive = false
  /// 1 for grey, 3 for colour, 4 for CMYK.
  private(set) var components = 0
  /// Stored samples per pixel: fewer than components if chroma is subsampled.
  private(set) var samplesPerPixel = 0.0
  /// The EXIF orientation; 1 is upright.
  private(set) var orientation = 1

  /// Reads marker by marker (ITU-T T.81, annex B), as long as they are valid.
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
      case 0xda:
        scans += 1
        // The only scan of most images; libjpeg accepts no other behind it, so the data need not be looked through.
        if !isProgressive, position + 2 < bytes.count, Int(bytes[position + 2]) == components {
          return
        }
      default: break
      }
      position += length
    }
  }

  private static let exif = Array("Exif\0\0".utf8)

  /// Records the components of a frame and their sampling factors.
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

  /// The second byte of the next marker, and the position after it. In the data of a scan, a byte of ones that is not
  /// a marker is followed by zero or a restart marker.
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
