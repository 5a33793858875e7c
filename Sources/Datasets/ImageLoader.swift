import Basics
import Definitions
import SystemPackage

/// Makes a dataset's packed images: reads, decodes or renders, then converts and resizes.
///
/// Each thread has its own.
struct ImageLoader {
  enum Outcome: Sendable {
    case image(DecodedImage)
    /// Why, in words.
    case unreadable(String)
  }

  private let definition: DatasetDefinition
  private let shapes: ShapesRenderer?

  init(_ definition: DatasetDefinition) {
    self.definition = definition
    if case .shapes(let seed, _, _) = definition.source {
      shapes = ShapesRenderer(seed: seed)
    } else {
      shapes = nil
    }
  }

  /// - Throws: `DiagnosticError` where a file cannot be read at all, or a decoder cannot be set up.
  func load(_ item: PackingItem) throws -> Outcome {
    do {
      let image: DecodedImage
      switch item.content {
      case .encoded(let bytes):
        image = try bytes.withUnsafeBytes {
          try ImageDecoder.decode($0, channels: definition.channels)
        }
      case .file(let path):
        image = try read(path).withUnsafeBytes {
          try ImageDecoder.decode($0, channels: definition.channels)
        }
      case .shape(let shape, let number, let test):
        guard let shapes else { preconditionFailure("shapes come from their own source alone") }
        image = shapes.render(shape, test ? .test : .train, number: number)
      }
      let converted = image.converted(toChannels: definition.channels)
      guard let size = definition.size else { return .image(converted) }
      return .image(converted.resized(to: size, fit: definition.fit))
    } catch let error as UnreadableImage {
      return .unreadable(error.reason)
    }
  }

  /// A file's bytes; read, not mapped, since a file that shrinks under a mapping ends the program.
  private func read(_ path: FilePath) throws -> [UInt8] {
    let status = try LocalFileSystem().status(of: path)
    guard (status?.size ?? 0) <= ImageDecoder.mostBytes else { throw UnreadableImage.tooLong }
    return try LocalFileSystem().read(path)
  }
}
