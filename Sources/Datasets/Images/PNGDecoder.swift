import CPNG
import Definitions

/// Decodes a PNG image of any kind with libpng.
///
/// libpng expands palettes, reduces 16 bits to 8, and converts files with their own gamma to sRGB. Transparent images
/// are composited onto white.
///
/// - Parameter outline: the information in the file's chunks.
func decodePNG(
  _ bytes: UnsafeRawBufferPointer, _ outline: PNGOutline
) throws(UnreadableImage) -> (image: DecodedImage, traits: Set<ImageTrait>) {
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  defer { png_image_free(&image) }
  guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
    throw UnreadableImage(reason: message(of: image))
  }
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
  guard status != 0 else { throw UnreadableImage(reason: message(of: image)) }
  var traits: Set<ImageTrait> = []
  if hasOpacity, layOnWhite(&pixels) { traits.insert(.transparency) }
  if outline.bitDepth > 8 { traits.insert(.deep) }
  if outline.hasGamma { traits.insert(.gamma) }
  return (DecodedImage(height: height, width: width, channels: 3, pixels: pixels), traits)
}

/// Blends colours with white by their opacity, in place.
///
/// - Returns: whether any pixel is not opaque.
private func layOnWhite(_ pixels: inout [UInt8]) -> Bool {
  let count = pixels.count / 4
  var isTransparent = false
  for pixel in 0..<count {
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
  withUnsafeBytes(of: image.message) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }.lowercasedFirst
}
