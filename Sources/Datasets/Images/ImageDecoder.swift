import Basics
import Definitions

/// An image that cannot be decoded, or not without damage.
struct UnreadableImage: Error, Equatable {
  /// In words, without the file's name.
  var reason: String

  static let tooLong = UnreadableImage(reason: "it is too large for an image")
}

/// An encoded image, as its headers describe it: of a kind that is read.
struct ImageDecoder {
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

  private enum Outline {
    case jpeg(JPEGOutline)
    case png(PNGOutline)
  }

  private let bytes: UnsafeRawBufferPointer
  private let outline: Outline

  private static let jpegStart: [UInt8] = [0xff, 0xd8, 0xff]

  /// Whether bytes are the beginning of a file that is read as an image.
  static func canRead(_ start: some Collection<UInt8>) -> Bool {
    start.starts(with: jpegStart) || start.starts(with: PNGOutline.signature)
  }

  /// - Parameter bytes: a whole file, which must stay as long as the decoder.
  /// - Throws: `UnreadableImage` for a file of another kind, which is named.
  init(_ bytes: UnsafeRawBufferPointer) throws(UnreadableImage) {
    guard bytes.count <= ImageDecoder.mostBytes else { throw UnreadableImage.tooLong }
    self.bytes = bytes
    if bytes.starts(with: ImageDecoder.jpegStart) {
      outline = .jpeg(JPEGOutline(bytes))
    } else if bytes.starts(with: PNGOutline.signature) {
      outline = .png(PNGOutline(bytes))
    } else {
      let kind = FileKind.name(of: bytes)
      throw UnreadableImage(
        reason: kind == "empty"
          ? "it is empty"
          : kind.map { "it is \($0), not JPEG or PNG" } ?? "it is neither JPEG nor PNG")
    }
  }

  /// Height and width as the file claims them; 0 where it does not.
  var claimedSize: (height: Int, width: Int) {
    switch outline {
    case .jpeg(let outline): (outline.height, outline.width)
    case .png(let outline): (outline.height, outline.width)
    }
  }

  /// The bytes of memory that decoding takes, as far as the file's claims go.
  ///
  /// - Parameter channels: 1 or 3, what is wanted.
  func memory(channels: Int) -> Int {
    let (height, width) = claimedSize
    let (pixels, overflow) = height.multipliedReportingOverflow(by: width)
    // A file that claims more than is read will be refused before anything is spent on it.
    guard !overflow, pixels <= ImageDecoder.mostPixels else { return 0 }
    switch outline {
    case .jpeg(let outline):
      // A progressive image's coefficients are kept until its last scan, two bytes each.
      let kept = outline.isProgressive ? 2 * outline.samplesPerPixel : 0
      let stored = outline.components == 4 ? 4 : channels
      return Int(Double(pixels) * (Double(stored) + kept))
    case .png(let outline):
      // Red, green, blue and perhaps opacity, and what the wanted channels take in addition.
      return pixels * ((outline.hasTransparency ? 4 : 3) + (channels == 1 ? 1 : 0))
    }
  }

  /// Decodes the file.
  ///
  /// - Parameter channels: 1 or 3, what is wanted. Either may come.
  func decode(channels: Int) throws(UnreadableImage) -> (
    image: DecodedImage, traits: Set<ImageTrait>
  ) {
    switch outline {
    case .jpeg(let outline): try decodeJPEG(bytes, outline, channels: channels)
    case .png(let outline): try decodePNG(bytes, outline)
    }
  }

  /// Refuses a size that a file claims, before memory is spent on it.
  static func check(height: Int, width: Int) throws(UnreadableImage) {
    guard 1...longestSide ~= height, 1...longestSide ~= width, height * width <= mostPixels else {
      throw UnreadableImage(reason: "its size of \(height)×\(width) is not plausible")
    }
  }
}
