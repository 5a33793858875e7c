import Basics
import Definitions
import SystemPackage

/// Memory-mapped activations of some images of a dataset, used instead of the images.
///
/// The file contains `CAMBACT1`, the number of images and of floats per image as 64-bit integers, and padding to 64
/// bytes; the floats, image by image; and the SHA-256 digest of all preceding bytes, in hexadecimal. Little-endian.
package struct ActivationFile: Sendable {
  package let images: Int
  package let shape: Shape
  private let file: MappedFile

  static let magic = Array("CAMBACT1".utf8)
  static let headerLength = 64
  static let digestLength = 64

  static func length(images: Int, floats: Int) -> Int {
    headerLength + images * floats * MemoryLayout<Float>.size + digestLength
  }

  static func header(images: Int, floats: Int) -> [UInt8] {
    var header = magic
    for number in [UInt64(images), UInt64(floats)] {
      withUnsafeBytes(of: number.littleEndian) { header.append(contentsOf: $0) }
    }
    return header + [UInt8](repeating: 0, count: headerLength - header.count)
  }

  /// Maps a file written by `ActivationFileWriter`.
  ///
  /// - Returns: `nil` if the file does not contain this number of activations of this shape. The values are not read.
  /// - Throws: `DiagnosticError` if it cannot be read.
  package init?(
    _ path: FilePath, images: Int, shape: Shape, on fileSystem: any FileSystem = LocalFileSystem()
  ) throws {
    file = try fileSystem.map(path)
    self.images = images
    self.shape = shape
    guard file.bytes.count == ActivationFile.length(images: images, floats: shape.count),
      file.bytes.prefix(ActivationFile.headerLength)
        .elementsEqual(ActivationFile.header(images: images, floats: shape.count))
    else { return nil }
  }

  /// Reads everything; returns whether it matches its digest.
  ///
  /// - Throws: `Interrupted`.
  package func isWhole(unless stop: StopCheck = .never) throws(Interrupted) -> Bool {
    let end = file.bytes.count - ActivationFile.digestLength
    var hasher = ContentHasher()
    let piece = 1 << 20
    for start in stride(from: 0, to: end, by: piece) {
      try stop.check()
      hasher.update(UnsafeRawBufferPointer(rebasing: file.bytes[start..<min(start + piece, end)]))
    }
    return file.bytes[end...].elementsEqual(hasher.finalized().hexadecimal.utf8)
  }

  /// The digest stored in the file.
  package var digest: Fingerprint? {
    let end = file.bytes.count - ActivationFile.digestLength
    return Fingerprint(hexadecimal: String(decoding: file.bytes[end...], as: UTF8.self))
  }

  /// The activations of one image. Valid during the lifetime of the file.
  func values(of image: Int) -> UnsafeRawBufferPointer {
    precondition(image >= 0 && image < images, "no such image")
    let length = shape.count * MemoryLayout<Float>.size
    let start = ActivationFile.headerLength + image * length
    return UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + length])
  }
}
