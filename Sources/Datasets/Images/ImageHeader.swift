import Definitions

/// What an image file says ahead of its pixels.
struct ImageHeader: Hashable, Sendable {
  /// As the image is packed: upright, if it is turned. `nil` if the header states none.
  var size: DatasetDefinition.Size?
  /// Those that show without decoding.
  var traits: Set<ImageTrait> = []
}

extension ImageHeader {
  /// - Parameter bytes: a whole file, or enough of it (`isComplete`).
  /// - Throws: `UnreadableImage` for a file that cannot be decoded, whatever follows.
  init(
    _ bytes: UnsafeRawBufferPointer, orientation: DatasetDefinition.Orientation
  ) throws(UnreadableImage) {
    let decoder = try ImageDecoder(bytes)
    let (height, width) = decoder.claimedSize
    // A file that is cut off ahead of its size is left to the decoder, which says what is wrong.
    if height > 0, width > 0 {
      try ImageDecoder.check(height: height, width: width)
      size = .init(height: height, width: width)
    }
    traits = decoder.headerTraits
    if decoder.orientation != .upright {
      if orientation == .apply {
        traits.insert(.turned)
        if decoder.orientation.swapsSides {
          size = size.map { .init(height: $0.width, width: $0.height) }
        }
      } else {
        traits.insert(.orientation)
      }
    }
  }

  /// Whether the beginning of a file is enough for its header: more would not change it.
  ///
  /// A PNG may state its orientation after its pixels.
  static func isComplete(_ bytes: [UInt8]) -> Bool {
    guard bytes.starts(with: ImageDecoder.jpegStart) else {
      return bytes.count >= PNGOutline.signature.count && !ImageDecoder.canRead(bytes)
    }
    return bytes.withUnsafeBytes { JPEGOutline($0).scans > 0 }
  }
}
