import Basics
import Definitions
import SystemPackage

/// Makes a dataset's packed images: reads and decodes, then converts and resizes.
///
/// Each thread has its own.
struct ImageLoader {
  enum Outcome: Sendable {
    case image(DecodedImage)
    /// It has not the size of the images before it.
    case otherSize(DatasetDefinition.Size)
    /// Why, in words.
    case unreadable(String)
  }

  private let definition: DatasetDefinition
  private let expected: DatasetDefinition.Size?

  /// - Parameter expected: the size of the images so far. Of one that has another, nothing but its size is kept.
  init(_ definition: DatasetDefinition, expected: DatasetDefinition.Size? = nil) {
    self.definition = definition
    self.expected = expected
  }

  /// - Throws: `DiagnosticError` where a file cannot be read at all, or a decoder cannot be set up.
  func load(_ item: PackingItem) throws -> Outcome {
    do {
      switch item.content {
      case .encoded(let bytes):
        return try bytes.withUnsafeBytes { try decode($0) }
      case .file(let path):
        return try read(path).withUnsafeBytes { try decode($0) }
      case .pixels(let pixels):
        return packed(try pixels())
      }
    } catch let error as UnreadableImage {
      return .unreadable(error.reason)
    }
  }

  private func decode(_ bytes: UnsafeRawBufferPointer) throws -> Outcome {
    try PixelBudget.shared.with(ImageDecoder.claimedPixels(bytes)) {
      packed(try ImageDecoder.decode(bytes, channels: definition.channels))
    }
  }

  /// The image as it is packed.
  private func packed(_ image: DecodedImage) -> Outcome {
    guard let size = definition.size else {
      if let expected, (expected.height, expected.width) != (image.height, image.width) {
        return .otherSize(.init(height: image.height, width: image.width))
      }
      return .image(image.converted(toChannels: definition.channels))
    }
    return .image(
      image.converted(toChannels: definition.channels).resized(to: size, fit: definition.fit))
  }

  /// A file's bytes; read, not mapped, since a file that shrinks under a mapping ends the program.
  private func read(_ path: FilePath) throws -> [UInt8] {
    let status = try LocalFileSystem().status(of: path)
    if status == nil, try LocalFileSystem().status(of: path, followingLinks: false)?.kind == .link {
      throw UnreadableImage(reason: "it is a link to what is not there")
    }
    guard (status?.size ?? 0) <= ImageDecoder.mostBytes else { throw UnreadableImage.tooLong }
    return try LocalFileSystem().read(path)
  }
}
