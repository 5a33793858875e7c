import Glibc

/// What the markers of a JPEG file tell without decoding it.
struct JPEGOutline {
  private(set) var height = 0
  private(set) var width = 0
  /// How often the file goes over the image.
  private(set) var scans = 0

  var pixels: Int { height * width }

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
      case 0xda: scans += 1
      default: break
      }
      position += length
    }
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
