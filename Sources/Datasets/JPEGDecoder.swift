import Basics
import CTurboJPEG

/// Decodes JPEG images with libjpeg-turbo.
///
/// Decoding is exact (the accurate inverse transform, smooth chroma upsampling), so that every build of
/// the library gives the same pixels. Orientation tags are ignored, as by the tools of the paper.
///
/// A decoder serves one image: after a broken header, a handle of libjpeg-turbo 2.1 refuses the next image
/// however good it is. Making one costs microseconds.
final class JPEGDecoder {
  private let handle: tjhandle

  /// - Throws: `DiagnosticError` where the library has no memory.
  init() throws {
    guard let handle = tjInitDecompress() else {
      throw DiagnosticError("cannot start the JPEG decoder: out of memory")
    }
    self.handle = handle
  }

  deinit { tjDestroy(handle) }

  /// - Parameter channels: 1 asks for luma alone; a CMYK image comes in colour all the same.
  func decode(_ bytes: UnsafeRawBufferPointer, channels: Int) throws(UnreadableImage)
    -> DecodedImage
  {
    let data = bytes.bindMemory(to: UInt8.self).baseAddress
    let length = UInt(bytes.count)
    var width: Int32 = 0
    var height: Int32 = 0
    var subsampling: Int32 = 0
    var space: Int32 = 0
    guard
      tjDecompressHeader3(handle, data, length, &width, &height, &subsampling, &space) == 0
    else { throw UnreadableImage(reason: failure) }
    try ImageDecoder.check(height: Int(height), width: Int(width))
    let scans = JPEGOutline(bytes).scans
    guard scans <= ImageDecoder.mostScans,
      scans * Int(height) * Int(width) <= ImageDecoder.mostScannedPixels
    else { throw UnreadableImage(reason: "its \(scans) scans are more than any image needs") }
    let isCMYK = space == TJCS_CMYK.rawValue || space == TJCS_YCCK.rawValue
    let format = isCMYK ? TJPF_CMYK : channels == 1 ? TJPF_GRAY : TJPF_RGB
    let stored = isCMYK ? 4 : channels
    let count = Int(width) * Int(height) * stored
    var status: Int32 = 0
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      // Initialised first: a damaged image may leave rows unwritten.
      buffer.initialize(repeating: 0)
      status = tjDecompress2(
        handle, data, length, buffer.baseAddress, width, 0, height, format.rawValue,
        TJFLAG_ACCURATEDCT)
      initialized = count
    }
    // A warning, such as a premature end, leaves pixels that are not the image's.
    guard status == 0 else { throw UnreadableImage(reason: failure) }
    return DecodedImage(
      height: Int(height), width: Int(width), channels: isCMYK ? 3 : channels,
      pixels: isCMYK ? JPEGDecoder.colors(fromInvertedCMYK: pixels) : pixels)
  }

  private var failure: String {
    String(cString: tjGetErrorStr2(handle)).lowercasedFirst
  }

  /// Red, green and blue as products with black: programs that write CMYK JPEGs store each ink
  /// inverted, after Adobe's.
  private static func colors(fromInvertedCMYK pixels: [UInt8]) -> [UInt8] {
    var colors: [UInt8] = []
    colors.reserveCapacity(pixels.count / 4 * 3)
    for start in stride(from: 0, to: pixels.count, by: 4) {
      let black = Int(pixels[start + 3])
      for ink in 0..<3 { colors.append(UInt8((Int(pixels[start + ink]) * black + 127) / 255)) }
    }
    return colors
  }
}

extension String {
  /// The text with a small first letter, but for words in capitals.
  var lowercasedFirst: String {
    let second = dropFirst().first
    guard let first, second?.isUppercase != true else { return self }
    return first.lowercased() + dropFirst()
  }
}
