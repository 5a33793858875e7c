import Basics
import CJPEG

/// An image as a packed file with `storage: jpeg` contains it.
///
/// Encoding and decoding are exact (accurate transforms, chroma at full resolution), so that every build of the library
/// produces the same bytes and pixels.
enum EncodedImage {
  /// The bytes of an image.
  ///
  /// - Throws: `DiagnosticError` if memory is short.
  static func bytes(of image: DecodedImage, quality: Int) throws(DiagnosticError) -> [UInt8] {
    var status = cjpeg_image()
    var start: UnsafeMutablePointer<UInt8>?
    let length = image.pixels.withUnsafeBufferPointer { pixels in
      cjpeg_encode(
        pixels.baseAddress, Int32(image.height), Int32(image.width), Int32(image.channels),
        Int32(quality), &start, &status)
    }
    defer { cjpeg_free(start) }
    guard length > 0, let start else {
      throw DiagnosticError("an image cannot be encoded: \(status.text)")
    }
    return Array(UnsafeBufferPointer(start: start, count: length))
  }

  /// Decodes an image into a buffer of height × width × channels bytes.
  ///
  /// - Throws: `UnreadableImage` if the bytes are not an image of this shape.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, height: Int, width: Int, channels: Int,
    into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(UnreadableImage) {
    precondition(pixels.count >= height * width * channels, "the buffer has room for an image")
    var status = cjpeg_image()
    let isWhole =
      cjpeg_decode_exactly(
        bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, Int32(height), Int32(width),
        Int32(channels), pixels.baseAddress, &status) != 0
    guard isWhole else {
      throw UnreadableImage(reason: status.text.isEmpty ? "it is damaged" : status.text)
    }
  }
}

extension cjpeg_image {
  /// The library's message.
  var text: String {
    withUnsafeBytes(of: message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }.lowercasedFirst
  }
}
