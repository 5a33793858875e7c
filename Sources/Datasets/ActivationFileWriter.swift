import Basics
import Definitions
import SystemPackage

/// Writes activations image by image, and resumes where an earlier writer of the same file was interrupted.
package final class ActivationFileWriter {
  private let path: FilePath
  private let file: FileDescriptor
  private let images: Int
  private let floats: Int
  private var hasher = ContentHasher()
  private var bookmark: Bookmark
  /// The number of images written so far.
  package private(set) var written = 0

  /// Creates the file, or opens an unfinished one.
  ///
  /// - Parameters:
  ///   - interval: seconds of work that an interruption may lose.
  ///   - shape: the shape of one image's activations.
  /// - Throws: `DiagnosticError` if that fails; `Interrupted`.
  package init(
    _ path: FilePath, images: Int, shape: Shape, interval: Double = .infinity,
    time: any TimeSource = SystemTimeSource(), unless stop: StopCheck = .never
  ) throws {
    self.path = path
    self.images = images
    floats = shape.count
    bookmark = Bookmark(of: path, interval: interval, time: time)
    do {
      file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch let reason as Errno {
      throw DiagnosticError.system("create", path, code: reason.rawValue)
    }
    if try goOn(unless: stop) { return }
    hasher = ContentHasher()
    try writing {
      try file.resize(to: 0)
      try file.seek(offset: 0, from: .start)
    }
    try write(ActivationFile.header(images: images, floats: floats))
  }

  // Everything written is synced before it counts, so closing cannot report an error.
  deinit { try? file.close() }

  /// Adds the activations of some images.
  package func append(_ activations: [Float]) throws {
    written += activations.count / floats
    precondition(activations.count % floats == 0, "whole images")
    precondition(written <= images, "no more images than were announced")
    try activations.withUnsafeBytes { try write($0) }
    if bookmark.isDue { try keep() }
  }

  /// Lets a later writer resume from here.
  package func keep() throws {
    try synchronize()
    try bookmark.write([
      "images": .integer(written), "digest": .string(hasher.finalized().hexadecimal),
    ])
  }

  /// Writes the digest; on return the file is on disk.
  package func finish() throws {
    precondition(written == images, "as many images as were announced")
    let digest = Array(hasher.finalized().hexadecimal.utf8)
    try write(digest)
    try synchronize()
    try bookmark.remove()
  }

  /// Resumes from the bookmark, if the file matches it.
  private func goOn(unless stop: StopCheck) throws -> Bool {
    guard let note = try bookmark.read(), let done = note["images"]?.asInteger,
      (0...images).contains(done), let digest = note["digest"]?.asString
    else { return false }
    let length = ActivationFile.headerLength + done * floats * MemoryLayout<Float>.size
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var left = length
    while left > 0 {
      try stop.check()
      // Unreadable activations are recomputed.
      let count = try? buffer.withUnsafeMutableBytes {
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<min(left, $0.count)]))
      }
      guard let count, count > 0 else { return false }
      buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      left -= count
    }
    guard hasher.finalized().hexadecimal == digest else { return false }
    try writing { try file.resize(to: Int64(length)) }
    written = done
    return true
  }

  private func synchronize() throws {
    // Some disks, especially remote ones, only report now that they are full.
    try writing { try file.synchronize() }
  }

  private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bytes)
    try writing { _ = try file.writeAll(bytes) }
  }

  /// Performs an operation on the file. If it fails, the file is truncated: on a full disk, others need the space
  /// more.
  private func writing(_ body: () throws -> Void) throws {
    do { try body() } catch let reason as Errno {
      try? file.resize(to: 0)
      throw DiagnosticError.system("write", path, code: reason.rawValue)
    }
  }
}
