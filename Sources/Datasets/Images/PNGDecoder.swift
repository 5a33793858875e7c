import Basics
import CPNG
import Definitions

/// Decodes a PNG image of any kind with libpng.
///
/// libpng expands palettes, reduces 16 bits to 8, and converts files with their own gamma to sRGB. Transparent images
/// are composited onto white.
///
/// - Parameters:
///   - outline: the information in the file's chunks.
///   - stop: checked each time that libpng asks for bytes, and for each row of a transparent image.
/// - Throws: `UnreadableImage`; `Interrupted`.
func decodePNG(
  _ bytes: UnsafeRawBufferPointer, _ outline: PNGOutline, unless stop: StopCheck
) throws -> (image: DecodedImage, traits: Set<ImageTrait>) {
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  let stream = try StoppableStream(bytes, unless: stop)
  defer { withExtendedLifetime(stream) { png_image_free(&image) } }
  func failure(_ image: png_image) -> any Error {
    stream.isStopped ? Interrupted() : UnreadableImage(reason: message(of: image))
  }
  guard png_image_begin_read_from_stdio(&image, stream.file) != 0 else { throw failure(image) }
  let height = Int(image.height)
  let width = Int(image.width)
  try ImageDecoder.check(height: height, width: width)
  // Without this, 16-bit samples without a colour space are treated as linear light.
  image.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
  // Opacity takes a quarter of the memory, so it is only requested if there is any.
  let hasOpacity = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
  let channels = hasOpacity ? 4 : 3
  image.format = UInt32(PNG_FORMAT_FLAG_COLOR | (hasOpacity ? PNG_FORMAT_FLAG_ALPHA : 0))
  var status: Int32 = 0
  var pixels = [UInt8](unsafeUninitializedCapacity: height * width * channels) {
    buffer, initialized in
    buffer.initialize(repeating: 0)
    status = png_image_finish_read(&image, nil, buffer.baseAddress, 0, nil)
    initialized = buffer.count
  }
  guard status != 0 else { throw failure(image) }
  var traits: Set<ImageTrait> = []
  if hasOpacity, try layOnWhite(&pixels, width: width, unless: stop) {
    traits.insert(.transparency)
  }
  if outline.bitDepth > 8 { traits.insert(.deep) }
  if outline.hasGamma { traits.insert(.gamma) }
  return (DecodedImage(height: height, width: width, channels: 3, pixels: pixels), traits)
}

/// Blends colours with white by their opacity, in place.
///
/// - Returns: whether any pixel is not opaque.
private func layOnWhite(
  _ pixels: inout [UInt8], width: Int, unless stop: StopCheck
) throws(Interrupted) -> Bool {
  let count = pixels.count / 4
  var isTransparent = false
  for pixel in 0..<count {
    if pixel % width == 0 { try stop.check() }
    let opacity = Int(pixels[4 * pixel + 3])
    if opacity < 255 { isTransparent = true }
    for channel in 0..<3 {
      let blend = Int(pixels[4 * pixel + channel]) * opacity + 255 * (255 - opacity)
      pixels[3 * pixel + channel] = UInt8((blend + 127) / 255)
    }
  }
  pixels.removeLast(count)
  return isTransparent
}

private func message(of image: png_image) -> String {
  let message = withUnsafeBytes(of: image.message) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }.lowercasedFirst
  // Reading itself does not fail. These are libpng's words for the same of bytes in memory.
  return message == "read Error" ? "read beyond end of data" : message
}
