import Basics
import Definitions
import SystemPackage

/// A safetensors file of any origin, opened for some of its tensors: the others may be of any type and
/// size, and are not read.
package struct SafetensorsFile: WeightsContainer {
  package let path: FilePath
  private let file: FileDescriptor
  private let header: [String: SafetensorsHeader.Entry]
  /// The offset of the numbers.
  private let data: Int

  /// Opens a file, checks its header, and passes it to `body`.
  ///
  /// - Throws: `DiagnosticError` if it cannot be read or is not a complete, consistent file.
  package static func withFile<Result>(
    at path: FilePath, _ body: (SafetensorsFile) throws -> Result
  ) throws -> Result {
    let file: FileDescriptor
    do {
      // Opening a pipe would otherwise wait for a writer.
      file = try FileDescriptor.open(path, .readOnly, options: [.nonBlocking, .closeOnExec])
    } catch let error as Errno {
      throw DiagnosticError(operation: "read", path, because: error)
    }
    return try file.closing {
      let opened: SafetensorsFile
      do {
        opened = try SafetensorsFile(path, file)
      } catch let error as DiagnosticError {
        if let other = OtherWeightsFile(try SafetensorsFile.start(file)) {
          throw DiagnosticError("'\(path)' is \(other.kind)", notes: other.notes)
        }
        throw error.reworded { "'\(path)' is \($0)" }
      } catch let error as Errno {
        throw DiagnosticError(operation: "read", path, because: error)
      }
      return try body(opened)
    }
  }

  private init(_ path: FilePath, _ file: FileDescriptor) throws {
    self.path = path
    self.file = file
    let size = Int(try file.seek(offset: 0, from: .end))
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
    do {
      let bytes = try SafetensorsFile.bytes(
        file, data + entry.offsets.lowerBound..<data + entry.offsets.upperBound)
      return entry.type.values(bytes, 0..<bytes.count)
    } catch let error as Errno {
      throw DiagnosticError(operation: "read", path, because: error)
    }
  }

  /// The first bytes of the file, as many as identify it.
  private static func start(_ file: FileDescriptor) throws -> [UInt8] {
    var start = [UInt8](repeating: 0, count: FileKind.length)
    let count = try start.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
    return Array(start.prefix(count))
  }

  /// A range of bytes of the file.
  private static func bytes(_ file: FileDescriptor, _ range: Range<Int>) throws -> [UInt8] {
    var filled = 0
    let bytes = try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      while filled < range.count {
        let read = try file.read(
          fromAbsoluteOffset: Int64(range.lowerBound + filled),
          into: UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<range.count]))
        if read == 0 { break }
        filled += read
      }
      count = filled
    }
    guard filled == range.count else {
      throw SafetensorsHeader.failure("it has become shorter while it was read")
    }
    return bytes
  }
}
