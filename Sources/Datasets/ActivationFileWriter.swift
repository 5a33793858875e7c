import Basics
import Definitions
import Glibc
import SystemPackage

/// Writes activations image after image, and goes on where an earlier writer of the same file was cut short.
package final class ActivationFileWriter {
  private let path: FilePath
  private let descriptor: Int32
  private let images: Int
  private let floats: Int
  private var hasher = ContentHasher()
  private var bookmark: Bookmark
  /// Images whose activations are there.
  package private(set) var written = 0

  /// Creates the file, or opens what is there of it.
  ///
  /// - Parameters:
  ///   - interval: seconds after which a crash costs no more than what came since.
  ///   - shape: of one image's activations.
  /// - Throws: `DiagnosticError` where that fails; `Interrupted`.
  package init(
    _ path: FilePath, images: Int, shape: Shape, interval: Double = .infinity,
    time: any TimeSource = SystemTimeSource(), unless stop: StopCheck = .never
  ) throws {
    self.path = path
    self.images = images
    floats = shape.count
    bookmark = Bookmark(of: path, interval: interval, time: time)
    descriptor = path.withPlatformString {
      open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    }
    guard descriptor >= 0 else { throw DiagnosticError.system("create", path) }
    if try goOn(unless: stop) { return }
    hasher = ContentHasher()
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw DiagnosticError.system("write", path)
    }
    try write(ActivationFile.header(images: images, floats: floats))
  }

  deinit { close(descriptor) }

  /// Adds the activations of some images.
  package func append(_ activations: [Float]) throws {
    written += activations.count / floats
    precondition(activations.count % floats == 0, "whole images")
    precondition(written <= images, "no more images than were announced")
    try activations.withUnsafeBytes { try write($0) }
    if bookmark.isDue { try keep() }
  }

  /// Makes sure that a later writer goes on from here.
  package func keep() throws {
    try synchronize()
    try bookmark.write([
      "images": .integer(written), "digest": .string(hasher.finalized().hexadecimal),
    ])
  }

  /// Writes the digest; on return the file is on the disk.
  package func finish() throws {
    precondition(written == images, "as many images as were announced")
    let digest = Array(hasher.finalized().hexadecimal.utf8)
    try write(digest)
    try synchronize()
    try bookmark.remove()
  }

  /// Takes over what the bookmark tells of, if that is what is there.
  private func goOn(unless stop: StopCheck) throws -> Bool {
    guard let note = try bookmark.read(), let done = note["images"]?.asInteger,
      (0...images).contains(done), let digest = note["digest"]?.asString
    else { return false }
    let length = ActivationFile.headerLength + done * floats * MemoryLayout<Float>.size
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size >= length else { return false }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var left = length
    while left > 0 {
      try stop.check()
      let count = buffer.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress, min(left, $0.count))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      left -= count
    }
    guard hasher.finalized().hexadecimal == digest, ftruncate(descriptor, off_t(length)) == 0
    else { return false }
    written = done
    return true
  }

  private func synchronize() throws {
    // Some disks, above all those of other machines, tell only now that they are full.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure() }
  }

  private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bytes)
    var rest = bytes
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// The error of a write; on a full disk, others need the space more.
  private func failure() -> DiagnosticError {
    let error = DiagnosticError.system("write", path)
    ftruncate(descriptor, 0)
    return error
  }
}
