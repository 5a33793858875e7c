import CPNG

/// Decodes a PNG image of any kind with libpng.
///
/// Palettes are expanded and 16 bits reduced to 8 by libpng, which also brings files with a gamma of
/// their own to sRGB. Where the image is transparent, white shows through.
func decodePNG(_ bytes: UnsafeRawBufferPointer) throws(UnreadableImage) -> DecodedImage {
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  defer { png_image_free(&image) }
  guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
    throw UnreadableImage(reason: message(of: image))
  }
  let height = Int(image.height)
  let width = Int(image.width)
  try ImageDecoder.check(height: height, width: width)
  // Without this, 16-bit samples that name no colour space are taken for linear light.
  image.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
  let format = UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA)
  image.format = format
  var status: Int32 = 0
  let pixels = [UInt8](unsafeUninitializedCapacity: height * width * 4) { buffer, initialized in
    buffer.initialize(repeating: 0)
    status = png_image_finish_read(&image, nil, buffer.baseAddress, 0, nil)
    initialized = buffer.count
  }
  guard status != 0 else { throw UnreadableImage(reason: message(of: image)) }
  var colors: [UInt8] = []
  colors.reserveCapacity(height * width * 3)
  for start in stride(from: 0, to: pixels.count, by: 4) {
    let opacity = Int(pixels[start + 3])
    for channel in 0..<3 {
      let blend = Int(pixels[start + channel]) * opacity + 255 * (255 - opacity)
      colors.append(UInt8((blend + 127) / 255))
    }
  }
  return DecodedImage(height: height, width: width, channels: 3, pixels: colors)
}

private func message(of image: png_image) -> String {
  withUnsafeBytes(of: image.message) { bytes in
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }.lowercasedFirst
}
