import Basics
import Glibc
import SystemPackage

/// A whole file, memory-mapped for reading.
final class MappedFile: @unchecked Sendable {
  // Unchecked: the mapping is read-only and has exactly the lifetime of the object.
  let bytes: UnsafeRawBufferPointer

  /// - Throws: `DiagnosticError` if the file cannot be read.
  init(_ path: FilePath) throws {
    let descriptor = path.withPlatformString { path in
      try? uninterrupted { open(path, O_RDONLY | O_CLOEXEC) }
    }
    guard let descriptor else { throw DiagnosticError.system("read", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw DiagnosticError.system("read", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DiagnosticError("cannot read '\(path)': it is not a file")
    }
    guard status.st_size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let size = Int(status.st_size)
    guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
      address != MAP_FAILED
    else { throw DiagnosticError.system("map", path) }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
  }

  deinit {
    if let address = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }
}
