/// Small images of one colour, as PNG files.
enum TinyPNG {
  static func image(color: [UInt8], side: Int = 8) -> [UInt8] {
    let row = [0] + Array(repeatElement(color, count: side).joined())
    let pixels = Array(repeatElement(row, count: side).joined())
    return [0x89] + Array("PNG\r\n".utf8) + [0x1a, 0x0a]
      + chunk("IHDR", big(UInt32(side)) + big(UInt32(side)) + [8, 2, 0, 0, 0])
      + chunk("IDAT", stored(pixels))
      + chunk("IEND", [])
  }

  /// A zlib stream of blocks that are not compressed.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var blocks: [UInt8] = []
    var start = 0
    repeat {
      let end = min(start + 65_535, bytes.count)
      let length = [UInt8((end - start) & 0xff), UInt8((end - start) >> 8)]
      blocks += [end == bytes.count ? 1 : 0] + length + length.map(~) + bytes[start..<end]
      start = end
    } while start < bytes.count
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return [0x78, 0x01] + blocks + big(b << 16 | a)
  }

  static func chunk(_ kind: String, _ bytes: [UInt8]) -> [UInt8] {
    let content = Array(kind.utf8) + bytes
    return big(UInt32(bytes.count)) + content + big(checksum(content))
  }

  /// CRC-32.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    return ~sum
  }

  private static func big(_ number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}
