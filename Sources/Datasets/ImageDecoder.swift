/// An image that cannot be decoded, or not without damage.
struct UnreadableImage: Error, Equatable {
  /// In words, without the file's name.
  var reason: String

  static let tooLong = UnreadableImage(reason: "it is longer than any image should be")
}

/// Decodes JPEG and PNG images, told apart by their first bytes.
enum ImageDecoder {
  /// Longer files are refused unread.
  static let mostBytes = 1 << 28
  /// More pixels are refused: such a file is damaged, or made to exhaust memory.
  static let mostPixels = 1 << 27
  /// More scans of a progressive JPEG are refused: each of them goes over the whole image.
  static let mostScans = 100
  /// The same for their number times the image's pixels.
  static let mostScannedPixels = 1 << 31
  /// Longer sides are refused: the packed file has no room for them.
  static let longestSide = PackedHeader.longestSide

  /// Decodes a whole file.
  ///
  /// - Parameter channels: 1 or 3, what is wanted. A decoder may return either.
  /// - Throws: `UnreadableImage`; `DiagnosticError` where a decoder cannot be set up.
  static func decode(_ bytes: UnsafeRawBufferPointer, channels: Int) throws -> DecodedImage {
    guard bytes.count <= mostBytes else { throw UnreadableImage.tooLong }
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      return try JPEGDecoder().decode(bytes, channels: channels)
    }
    if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      return try decodePNG(bytes)
    }
    throw UnreadableImage(reason: bytes.isEmpty ? "it is empty" : "it is neither JPEG nor PNG")
  }

  /// How many pixels a file claims to have, as far as its beginning tells without decoding.
  static func claimedPixels(_ bytes: UnsafeRawBufferPointer) -> Int {
    if bytes.starts(with: [0xff, 0xd8, 0xff]) { return JPEGOutline(bytes).pixels }
    guard bytes.count >= 24, bytes[0] == 0x89 else { return 0 }
    func number(_ start: Int) -> Int {
      bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    // Both have 32 bits; a file that claims more than can be held is refused by its decoder.
    return number(16).multipliedReportingOverflow(by: number(20)).partialValue
  }

  /// Refuses a size that a file claims, before memory is spent on it.
  static func check(height: Int, width: Int) throws(UnreadableImage) {
    guard 1...longestSide ~= height, 1...longestSide ~= width, height * width <= mostPixels else {
      throw UnreadableImage(reason: "its size of \(height)×\(width) is not plausible")
    }
  }
}
