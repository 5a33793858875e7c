import Basics
import Definitions

/// An image that cannot be decoded, or not without damage.
struct UnreadableImage: Error, Equatable {
  /// In words, without the name of the file.
  var reason: String

  static let tooLong = UnreadableImage(reason: "it is too large for an image")
}

/// An encoded image in a supported format, with the information from its headers.
struct ImageDecoder {
  /// Longer files are rejected without reading.
  static let mostBytes = 1 << 28
  /// Images with more pixels are rejected: they are damaged, or made to exhaust memory.
  static let mostPixels = 1 << 27
  /// Progressive JPEGs with more scans are rejected, since each scan covers the whole image.
  static let mostScans = 100
  /// The limit on scans times pixels.
  static let mostScannedPixels = 1 << 31
  /// Images with longer sides are rejected, since the packed file cannot represent them.
  static let longestSide = PackedHeader.longestSide

  private enum Outline {
    case jpeg(JPEGOutline)
    case png(PNGOutline)
  }

  private let bytes: UnsafeRawBufferPointer
  private let outline: Outline
  /// The smallest height and width that are of use; JPEGs are then decoded at a reduced size if they are much larger.
  private let wanted: DatasetDefinition.Size?

  static let jpegStart: [UInt8] = [0xff, 0xd8, 0xff]

  /// Whether bytes are the beginning of a supported image file.
  static func canRead(_ start: some Collection<UInt8>) -> Bool {
    start.starts(with: jpegStart) || start.starts(with: PNGOutline.signature)
  }

  /// - Parameters:
  ///   - bytes: a whole file, which must outlive the decoder.
  ///   - wanted: the size that the image will be reduced to; `nil` to decode all pixels.
  /// - Throws: `UnreadableImage` for a file of another kind, which is identified.
  init(
    _ bytes: UnsafeRawBufferPointer, reducingTo wanted: DatasetDefinition.Size? = nil
  ) throws(UnreadableImage) {
    self.wanted = wanted
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

  /// Height and width stated by the file; 0 if it does not state them.
  var claimedSize: (height: Int, width: Int) {
    switch outline {
    case .jpeg(let outline): (outline.height, outline.width)
    case .png(let outline): (outline.height, outline.width)
    }
  }

  /// Height and width of the image as it is decoded.
  func uprightSize(_ wanted: DatasetDefinition.Orientation) -> (height: Int, width: Int) {
    let (height, width) = claimedSize
    return wanted == .apply && orientation.swapsSides ? (width, height) : (height, width)
  }

  /// How the stored pixels are turned; upright where the file says nothing valid.
  var orientation: ExifOrientation {
    let number =
      switch outline {
      case .jpeg(let outline): outline.orientation
      case .png(let outline): outline.orientation
      }
    return ExifOrientation(rawValue: number) ?? .upright
  }

  /// Traits that show without decoding, except the orientation.
  var headerTraits: Set<ImageTrait> {
    var traits: Set<ImageTrait> = []
    switch outline {
    case .jpeg(let outline):
      if outline.components == 4 { traits.insert(.cmyk) }
    case .png(let outline):
      if outline.bitDepth > 8 { traits.insert(.deep) }
      if outline.hasGamma { traits.insert(.gamma) }
    }
    return traits
  }

  /// The memory in bytes that decoding takes, according to the file's headers.
  ///
  /// - Parameter channels: 1 or 3, the requested number.
  func memory(channels: Int, orientation wanted: DatasetDefinition.Orientation = .apply) -> Int {
    let decoding = memory(channels: channels)
    guard wanted == .apply, orientation != .upright else { return decoding }
    // The turned copy; a PNG is decoded in colour whatever is requested.
    let (height, width) = claimedSize
    return decoding == 0 ? 0 : decoding + height * width * 3
  }

  private func memory(channels: Int) -> Int {
    let (height, width) = claimedSize
    let (pixels, overflow) = height.multipliedReportingOverflow(by: width)
    // A file that exceeds the limits is rejected before any memory is allocated.
    guard !overflow, pixels <= ImageDecoder.mostPixels else { return 0 }
    switch outline {
    case .jpeg(let outline):
      // The coefficients of a progressive image are kept until its last scan, two bytes each.
      let kept = outline.isProgressive ? 2 * outline.samplesPerPixel : 0
      let stored = outline.components == 4 ? 4 : channels
      let eighths = Double(eighths(outline)) / 8
      return Int(Double(pixels) * (Double(stored) * eighths * eighths + kept))
    case .png(let outline):
      // Red, green, blue and possibly opacity, plus the memory of the requested channels.
      return pixels * ((outline.hasTransparency ? 4 : 3) + (channels == 1 ? 1 : 0))
    }
  }

  /// The smallest reduction that leaves the image at least as large as wanted, however it is turned.
  private func eighths(_ outline: JPEGOutline) -> Int {
    guard let wanted else { return 8 }
    let longest = max(wanted.height, wanted.width)
    return [1, 2, 4].first { eighths in
      (min(outline.height, outline.width) * eighths + 7) / 8 >= longest
    } ?? 8
  }

  /// Decodes the file.
  ///
  /// - Parameters:
  ///   - channels: 1 or 3, the requested number. The result may have either.
  ///   - wanted: whether the image is turned upright.
  ///   - stop: checked several times a second.
  /// - Throws: `UnreadableImage`; `Interrupted`.
  func decode(
    channels: Int, orientation wanted: DatasetDefinition.Orientation = .apply,
    unless stop: StopCheck = .never
  ) throws -> (image: DecodedImage, traits: Set<ImageTrait>) {
    var (image, traits) =
      switch outline {
      case .jpeg(let outline):
        try decodeJPEG(bytes, outline, eighths: eighths(outline), channels: channels, unless: stop)
      case .png(let outline): try decodePNG(bytes, outline, unless: stop)
      }
    if orientation != .upright {
      traits.insert(wanted == .apply ? .turned : .orientation)
      if wanted == .apply { image = try image.upright(from: orientation, unless: stop) }
    }
    return (image, traits)
  }

  /// Rejects an implausible size before memory is allocated.
  static func check(height: Int, width: Int) throws(UnreadableImage) {
    guard 1...longestSide ~= height, 1...longestSide ~= width, height * width <= mostPixels else {
      throw UnreadableImage(reason: "its size of \(height)×\(width) is not plausible")
    }
  }
}
