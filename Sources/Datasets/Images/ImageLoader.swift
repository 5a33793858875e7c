import Basics
import Definitions
import SystemPackage

/// Produces a dataset's packed images: reads and decodes, then converts and resizes.
struct ImageLoader: Sendable {
  enum Outcome: Sendable {
    case image(DecodedImage, Set<ImageTrait>)
    /// Its size differs from that of the previous images.
    case otherSize(DatasetDefinition.Size)
    /// The reason, in words.
    case unreadable(String)
  }

  let definition: DatasetDefinition
  let memory: DecodingMemory
  /// The size of the previous images. Of an image with a different size, only the size is kept.
  let expected: DatasetDefinition.Size?

  /// - Parameter stop: also checked while an image is decoded: the largest take seconds.
  /// - Throws: `DiagnosticError` if a file cannot be read at all, or an image takes more memory than is available;
  ///   `Interrupted`.
  func load(_ item: PackingItem, unless stop: StopCheck) throws -> Outcome {
    do {
      switch item.content {
      case .encoded(let bytes):
        return try bytes.withUnsafeBytes { try decode($0, item.name, stop) }
      case .file(let path):
        return try ImageLoader.read(path).withUnsafeBytes { try decode($0, item.name, stop) }
      case .pixels(let pixels):
        return try packed(pixels(), [], stop)
      case .unreadable(let reason):
        return .unreadable(reason)
      }
    } catch let error as UnreadableImage {
      return .unreadable(error.reason)
    }
  }

  private func decode(
    _ bytes: UnsafeRawBufferPointer, _ name: String, _ stop: StopCheck
  ) throws -> Outcome {
    // What is stored as pixels was always reduced from all pixels.
    let decoder = try ImageDecoder(
      bytes, reducingTo: definition.storage == .pixels ? nil : definition.size)
    let decoding = decoder.memory(
      channels: definition.channels, orientation: definition.orientation)
    let need =
      decoding == 0 ? 0 : decoding + memoryOfResizing(decoder.uprightSize(definition.orientation))
    try memory.check(need, for: name, decoder.claimedSize)
    return try memory.with(need) {
      let (image, traits) = try decoder.decode(
        channels: definition.channels, orientation: definition.orientation, unless: stop)
      return try packed(image, traits, stop)
    }
  }

  /// The bytes that resizing takes beside the decoded image: those of the packed image, and of one with its width and the
  /// height of the file. An image of a few bytes may be a pixel wide and 65,536 high.
  private func memoryOfResizing(_ claimed: (height: Int, width: Int)) -> Int {
    guard let size = definition.size, (size.height, size.width) != claimed else { return 0 }
    return (claimed.height + size.height) * size.width * definition.channels
  }

  /// The image in its packed form.
  private func packed(
    _ image: DecodedImage, _ traits: Set<ImageTrait>, _ stop: StopCheck
  ) throws(Interrupted) -> Outcome {
    try stop.check()
    guard let size = definition.size else {
      if let expected, (expected.height, expected.width) != (image.height, image.width) {
        return .otherSize(.init(height: image.height, width: image.width))
      }
      return .image(image.converted(toChannels: definition.channels), traits)
    }
    let converted = image.converted(toChannels: definition.channels)
    try stop.check()
    return .image(converted.resized(to: size, fit: definition.fit), traits)
  }

  /// The bytes of a file; read rather than mapped, since truncating a mapped file ends the program.
  static func read(_ path: FilePath) throws -> [UInt8] {
    let status = try LocalFileSystem().status(of: path)
    if status == nil, try LocalFileSystem().status(of: path, followingLinks: false)?.kind == .link {
      throw UnreadableImage(reason: "it is a broken link")
    }
    guard (status?.size ?? 0) <= ImageDecoder.mostBytes else { throw UnreadableImage.tooLong }
    return try LocalFileSystem().read(path)
  }
}
