import Basics
import CPNG
import Definitions

/// An RGB image, encoded as PNG.
package struct PNGImage: Sendable {
  package let width: Int
  package let height: Int
  private var pixels: [UInt8]

  /// - Parameter color: red, green and blue of all pixels.
  package init(width: Int, height: Int, filledWith color: (UInt8, UInt8, UInt8)) {
    precondition(width > 0 && height > 0, "a picture has pixels")
    self.width = width
    self.height = height
    pixels = []
    pixels.reserveCapacity(3 * width * height)
    for _ in 0..<width * height {
      pixels.append(color.0)
      pixels.append(color.1)
      pixels.append(color.2)
    }
  }

  /// Grey images become red, green and blue.
  package init(_ image: SheetImage) {
    precondition(image.width > 0 && image.height > 0, "a picture has pixels")
    width = image.width
    height = image.height
    pixels = image.channels == 3 ? image.pixels : image.pixels.flatMap { [$0, $0, $0] }
  }

  package subscript(x x: Int, y y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    get {
      let start = 3 * (y * width + x)
      return (pixels[start], pixels[start + 1], pixels[start + 2])
    }
    set {
      let start = 3 * (y * width + x)
      pixels[start] = newValue.red
      pixels[start + 1] = newValue.green
      pixels[start + 2] = newValue.blue
    }
  }

  /// The encoded file; `nil` if libpng runs out of memory.
  package var bytes: [UInt8]? {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    defer { png_image_free(&image) }
    var size = 0
    guard png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0 else { return nil }
    var file = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &file, &size, 0, pixels, 0, nil) != 0 else {
      return nil
    }
    return Array(file.prefix(size))
  }

  /// The encoded file as a data URI; `nil` as above.
  package var dataURI: String? { bytes.map { "data:image/png;base64," + base64($0) } }
}

/// Bytes as text (RFC 4648, padded).
func base64(_ bytes: [UInt8]) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let rest = min(3, bytes.count - start)
    var group = 0
    for offset in 0..<3 { group = group << 8 | (offset < rest ? Int(bytes[start + offset]) : 0) }
    for position in 0..<4 {
      text.append(
        position <= rest ? letters[group >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
    }
  }
  return String(decoding: text, as: UTF8.self)
}
