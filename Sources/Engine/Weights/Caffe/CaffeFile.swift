import Basics
import SystemPackage

/// A model of Caffe's, read whole.
struct CaffeFile: WeightsContainer {
  let path: FilePath
  private let bytes: [UInt8]
  private let model: CaffeModel

  /// Whether a file begins as a message does, and not as a safetensors file: a name, or the first layer.
  static func mayBe(at path: FilePath, on fileSystem: any FileSystem) throws -> Bool {
    guard try fileSystem.status(of: path)?.kind == .file else { return false }
    let start = try fileSystem.start(of: path, count: 16)
    // The keys of `name`, of `layers` in older files, and of `layer`.
    let keys: [[UInt8]] = [[0x0a], [0x12], [0xa2, 0x06]]
    guard start.count > 8, start[8] != UInt8(ascii: "{") else { return false }
    return keys.contains { start.starts(with: $0) }
  }

  /// - Returns: `nil` for a file that is no such model.
  init?(_ path: FilePath, on fileSystem: any FileSystem) throws {
    bytes = try fileSystem.read(path)
    guard let model = bytes.withUnsafeBytes({ CaffeModel($0) }) else { return nil }
    self.path = path
    self.model = model
  }

  var shapes: [String: [Int]] { model.entries.mapValues(\.shape) }

  func numbers(of name: String) throws -> [Float] {
    guard let entry = model.entries[name] else {
      throw DiagnosticError("'\(path)' has no tensor '\(name)'")
    }
    return bytes.withUnsafeBytes { CaffeModel.values(entry, in: $0) }
  }
}
