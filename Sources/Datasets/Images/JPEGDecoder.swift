import Basics
import CJPEG
import Definitions

/// Decodes a JPEG image with libjpeg-turbo.
///
/// Decoding is exact (the accurate inverse transform, smooth chroma upsampling), so that every build of the library
/// produces the same pixels. Colour profiles are ignored; the orientation is left to `ImageDecoder`.
///
/// - Parameters:
///   - outline: the information in the file's markers.
///   - eighths: decodes at so many eighths of height and width: 1, 2, 4 or 8.
///   - channels: 1 requests only luma; a CMYK image is decoded in colour nevertheless.
///   - stop: checked every few rows.
/// - Throws: `UnreadableImage`; `Interrupted`.
func decodeJPEG(
  _ bytes: UnsafeRawBufferPointer, _ outline: JPEGOutline, eighths: Int = 8, channels: Int,
  unless stop: StopCheck
) throws -> (image: DecodedImage, traits: Set<ImageTrait>) {
  let data = bytes.bindMemory(to: UInt8.self).baseAddress
  let wantsGray: Int32 = channels == 1 ? 1 : 0
  var header = cjpeg_image()
  guard cjpeg_read_header(data, bytes.count, wantsGray, &header) != 0 else {
    throw UnreadableImage(reason: message(of: header))
  }
  try ImageDecoder.check(height: Int(header.height), width: Int(header.width))
  let scans = outline.scans
  guard scans <= ImageDecoder.mostScans,
    scans * Int(header.height) * Int(header.width) <= ImageDecoder.mostScannedPixels
  else { throw UnreadableImage(reason: "its \(scans) scans are more than any image needs") }
  if eighths != 8 {
    guard cjpeg_read_header_reduced(data, bytes.count, wantsGray, Int32(eighths), &header) != 0
    else { throw UnreadableImage(reason: message(of: header)) }
  }
  let (height, width) = (Int(header.height), Int(header.width))
  let stored = Int(header.channels)
  let count = width * height * stored
  var isWhole = false
  var pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
    isWhole = withUnsafePointer(to: stop) { stop in
      cjpeg_decode_reduced(
        data, bytes.count, wantsGray, Int32(eighths), buffer.baseAddress,
        { $0?.assumingMemoryBound(to: StopCheck.self).pointee.isRequested == true ? 1 : 0 }, stop,
        &header) != 0
    }
    // A damaged image leaves rows unwritten.
    initialized = isWhole ? count : 0
  }
  guard isWhole else {
    if header.stopped != 0 { throw Interrupted() }
    throw UnreadableImage(reason: message(of: header))
  }
  var traits: Set<ImageTrait> = []
  if stored == 4 {
    traits.insert(.cmyk)
    try turnInvertedCMYKIntoColors(&pixels, width: width, unless: stop)
  }
  if header.warnings > 0 { traits.insert(.warnings) }
  return (
    DecodedImage(height: height, width: width, channels: min(stored, 3), pixels: pixels), traits
  )
}

private func message(of image: cjpeg_image) -> String { image.text }

/// Computes red, green and blue as products with black: programs that write CMYK JPEGs store each ink inverted, like
/// Adobe's. Done in place to save memory.
private func turnInvertedCMYKIntoColors(
  _ pixels: inout [UInt8], width: Int, unless stop: StopCheck
) throws(Interrupted) {
  let count = pixels.count / 4
  for pixel in 0..<count {
    if pixel % width == 0 { try stop.check() }
    let black = Int(pixels[4 * pixel + 3])
    for ink in 0..<3 {
      pixels[3 * pixel + ink] = UInt8((Int(pixels[4 * pixel + ink]) * black + 127) / 255)
    }
  }
  pixels.removeLast(count)
}

extension String {
  /// The text with a lower-case first letter, except for words in capitals.
  var lowercasedFirst: String {
    let second = dropFirst().first
    guard let first, second?.isUppercase != true else { return self }
    return first.lowercased() + dropFirst()
  }
}
