import Basics
import Definitions
import SystemPackage

/// A safetensors file of any origin, opened for some of its tensors: the others may be of any type and
/// size, and are not read.
package struct SafetensorsFile: WeightsContainer {
  package let path: FilePath
  private let file: OpenFile
  private let header: [String: SafetensorsHeader.Entry]
  /// The offset of the numbers.
  private let data: Int

  /// Opens a file, checks its header, and passes it to `body`.
  ///
  /// - Throws: `DiagnosticError` if it cannot be read or is not a complete, consistent file.
  package static func withFile<Result>(
    at path: FilePath, on fileSystem: any FileSystem = LocalFileSystem(),
    _ body: (SafetensorsFile) throws -> Result
  ) throws -> Result {
    let file = try fileSystem.open(path, for: .reading)
    let size = try file.size()
    let opened: SafetensorsFile
    do { opened = try SafetensorsFile(file, size: size) } catch let error as DiagnosticError
      where error.systemReason == nil
    {
      if let other = OtherWeightsFile(try file.bytes(in: 0..<FileKind.length)) {
        throw DiagnosticError("'\(path)' is \(other.kind)", notes: other.notes)
      }
      throw error.reworded { "'\(path)' is \($0)" }
    }
    return try body(opened)
  }

  private init(_ file: OpenFile, size: Int) throws {
    path = file.path
    self.file = file
    guard size >= 8 else {
      throw SafetensorsHeader.failure("the file has \(size) bytes, too few for a header")
    }
    let length = try SafetensorsHeader.length(
      try SafetensorsFile.bytes(file, 0..<8)[...], fileSize: size)
    data = 8 + length
    let entries = try SafetensorsHeader(
      json: try SafetensorsFile.bytes(file, 8..<data)[...], dataCount: size - data
    ).entries
    header = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0) })
  }

  /// The shapes of the tensors that can be read.
  package var shapes: [String: [Int]] { header.filter(\.value.type.isRead).mapValues(\.shape) }

  /// The types of the tensors that cannot be read.
  package var unreadTypes: [String: String] {
    header.filter { !$0.value.type.isRead }.mapValues(\.type.name)
  }

  package func numbers(of name: String) throws -> [Float] {
    guard let entry = header[name] else {
      throw DiagnosticError("'\(path)' has no tensor '\(name)'")
    }
    try entry.checkReadable()
    let bytes = try SafetensorsFile.bytes(
      file, data + entry.offsets.lowerBound..<data + entry.offsets.upperBound)
    return entry.type.values(bytes, 0..<bytes.count)
  }

  /// A range of bytes of the file.
  private static func bytes(_ file: OpenFile, _ range: Range<Int>) throws -> [UInt8] {
    let bytes = try file.bytes(in: range)
    guard bytes.count == range.count else {
      throw SafetensorsHeader.failure("it has become shorter while it was read")
    }
    return bytes
  }
}
