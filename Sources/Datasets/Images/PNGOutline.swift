/// The information in the chunks of a PNG file, available without decoding.
struct PNGOutline {
  private(set) var height = 0
  private(set) var width = 0
  private(set) var bitDepth = 0
  /// Whether pixels may be non-opaque.
  private(set) var hasTransparency = false
  /// Whether the file has a gamma that is not sRGB's.
  private(set) var hasGamma = false
  /// 1 for upright.
  private(set) var orientation = 1

  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Reads chunk by chunk (PNG, third edition, 5.3), as long as they are valid.
  init(_ bytes: UnsafeRawBufferPointer) {
    var gamma: Int?
    var isSRGB = false
    var position = PNGOutline.signature.count
    while position + 8 <= bytes.count {
      let length = PNGOutline.number(bytes, position)
      let name = bytes[position + 4..<position + 8]
      let start = position + 8
      guard length <= bytes.count - start else { break }
      let content = bytes[start..<start + length]
      if name.elementsEqual("IHDR".utf8), length >= 10 {
        width = PNGOutline.number(bytes, start)
        height = PNGOutline.number(bytes, start + 4)
        bitDepth = Int(bytes[start + 8])
        if bytes[start + 9] & 4 != 0 { hasTransparency = true }
      } else if name.elementsEqual("tRNS".utf8) {
        hasTransparency = true
      } else if name.elementsEqual("gAMA".utf8), length == 4 {
        gamma = PNGOutline.number(bytes, start)
      } else if name.elementsEqual("sRGB".utf8) {
        isSRGB = true
      } else if name.elementsEqual("eXIf".utf8) {
        orientation = exifOrientation(content) ?? 1
      } else if name.elementsEqual("IEND".utf8) {
        break
      }
      position = start + length + 4
    }
    // In units of 1/100,000. libpng ignores differences of less than 5 % from 1/2.2.
    if let gamma, !isSRGB { hasGamma = abs(gamma * 22 - 1_000_000) > 50_000 }
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
    bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
