import Basics
import Definitions
import Glibc
import SystemPackage

/// Writes activations image after image.
package final class ActivationFileWriter {
  private let path: FilePath
  private let descriptor: Int32
  private let values: Int
  private var written = 0
  private var hasher = ContentHasher()

  /// Creates the file.
  ///
  /// - Throws: `DiagnosticError` where that fails.
  package init(_ path: FilePath, images: Int, shape: Shape) throws {
    self.path = path
    values = images * shape.count
    descriptor = path.withPlatformString {
      open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    }
    guard descriptor >= 0 else { throw DiagnosticError.system("create", path) }
    try write(ActivationFile.header(images: images, floats: shape.count))
  }

  deinit { close(descriptor) }

  /// Adds the activations of some images.
  package func append(_ activations: [Float]) throws {
    written += activations.count
    precondition(written <= values, "no more images than were announced")
    try activations.withUnsafeBytes { try write($0) }
  }

  /// Writes the digest; on return the file is on the disk.
  package func finish() throws {
    precondition(written == values, "as many images as were announced")
    let digest = Array(hasher.finalized().hexadecimal.utf8)
    try write(digest)
    // Some disks, above all those of other machines, tell only now that they are full.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw DiagnosticError.system("write", path)
    }
  }

  private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bytes)
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw DiagnosticError.system("write", path) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
}
