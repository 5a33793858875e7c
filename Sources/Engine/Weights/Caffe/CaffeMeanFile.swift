import Basics
import SystemPackage

/// A mean image of Caffe's (`.binaryproto`), read whole: one array, as the tensor `mean`, channels × height × width.
///
/// Both forms are read: with `shape`, and the older one with `num`, `channels`, `height` and `width`. Caffe's images
/// have their channels in the order blue, green, red. Here they are red, green, blue: three channels are reversed.
struct CaffeMeanFile: WeightsContainer {
  static let tensor = "mean"

  let path: FilePath
  private let bytes: [UInt8]
  private let blob: CaffeBlob
  private let shape: [Int]

  /// A mean of images of the largest size takes less.
  private static let mostBytes = 1 << 30
  /// The longest header of a safetensors file.
  private static let longestHeader = 100_000_000

  /// Whether a file begins as an array does, and not as a safetensors file: `num` or `channels`, `data`, or `shape`.
  static func mayBe(at path: FilePath, on fileSystem: any FileSystem) throws -> Bool {
    guard try fileSystem.status(of: path)?.kind == .file else { return false }
    let start = try fileSystem.start(of: path, count: 16)
    guard start.count > 8, [0x08, 0x10, 0x2a, 0x3a].contains(start[0]) else { return false }
    let length = start[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return start[8] != UInt8(ascii: "{") || length > CaffeMeanFile.longestHeader
  }

  /// - Throws: `DiagnosticError` for a file that is cut off or damaged, or has anything but an image.
  init(_ path: FilePath, on fileSystem: any FileSystem) throws {
    let size = try fileSystem.status(of: path)?.size ?? 0
    guard size <= CaffeMeanFile.mostBytes else {
      throw DiagnosticError("'\(path)' is too large for a mean image")
    }
    bytes = try fileSystem.read(path)
    let blob = bytes.withUnsafeBytes { bytes in try? CaffeBlob(bytes, 0..<bytes.count) }
    guard let blob else {
      throw DiagnosticError(
        "'\(path)' is damaged, cut off, or not a mean image of Caffe's",
        notes: [.init("a mean image is what Caffe's compute_image_mean writes: one BlobProto")])
    }
    var shape = blob.shape
    if shape.count == 4, shape[0] == 1 { shape.removeFirst() }
    guard shape.count == 3, shape.allSatisfy({ $0 > 0 }), [1, 3].contains(shape[0]) else {
      let text = blob.shape.map(String.init).joined(separator: "×")
      throw DiagnosticError(
        "'\(path)' has an array of \(text.isEmpty ? "no axes" : text), not a mean image of 1 or 3 channels"
      )
    }
    self.path = path
    self.blob = blob
    self.shape = shape
  }

  var shapes: [String: [Int]] { [CaffeMeanFile.tensor: shape] }

  func numbers(of name: String) throws -> [Float] {
    guard name == CaffeMeanFile.tensor else {
      throw DiagnosticError("'\(path)' has no tensor '\(name)'")
    }
    let values = bytes.withUnsafeBytes { blob.values(in: $0) }
    let plane = shape[1] * shape[2]
    return shape[0] == 1
      ? values : (0..<3).flatMap { values[(2 - $0) * plane..<(3 - $0) * plane] }
  }
}
