import CPNG
import Testing

/// The pixels of a PNG file as libpng reads them: red, green, blue, line by line.
func pixels(ofPNG file: [UInt8]) throws -> (width: Int, height: Int, pixels: [UInt8]) {
  var image = png_image()
  image.version = png_uint_32(PNG_IMAGE_VERSION)
  defer { png_image_free(&image) }
  try #require(png_image_begin_read_from_memory(&image, file, file.count) != 0)
  image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
  var pixels = [UInt8](repeating: 0, count: 3 * Int(image.width * image.height))
  try #require(png_image_finish_read(&image, nil, &pixels, 0, nil) != 0)
  return (Int(image.width), Int(image.height), pixels)
}
