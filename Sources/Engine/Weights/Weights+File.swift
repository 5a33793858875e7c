import Basics
import Glibc
import SystemPackage

extension Weights {
  /// Reads a safetensors file.
  ///
  /// - Throws: `DiagnosticError` if it cannot be read or is not a usable safetensors file.
  package init(contentsOf path: FilePath) throws {
    let bytes: [UInt8]
    do {
      let file = try FileDescriptor.open(path, .readOnly)
      bytes = try file.closeAfter {
        let size = Int(try file.seek(offset: 0, from: .end))
        var filled = 0
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
          while filled < size {
            let rest = UnsafeMutableRawBufferPointer(buffer)[filled...]
            let read = try file.read(
              fromAbsoluteOffset: Int64(filled), into: .init(rebasing: rest))
            if read == 0 { break }
            filled += read
          }
          count = filled
        }
      }
    } catch let error as Errno {
      throw DiagnosticError("cannot read \(path): \(error)")
    }
    do {
      try self.init(safetensors: bytes)
    } catch let error as DiagnosticError {
      throw DiagnosticError(
        error.diagnostics.map { .error("\(path): \($0.message)", notes: $0.notes) })
    }
  }

  /// Writes a safetensors file, replacing what is there.
  ///
  /// - Throws: `DiagnosticError` if it cannot be written.
  package func write(to path: FilePath) throws {
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .truncate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try file.closeAfter { _ = try file.writeAll(safetensors) }
    } catch let error as Errno {
      throw DiagnosticError("cannot write \(path): \(error)")
    }
  }
}
