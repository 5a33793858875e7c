import Basics
import Definitions
import SystemPackage

/// Writes activations image by image, and resumes where an earlier writer of the same file was interrupted.
package final class ActivationFileWriter {
  private let file: OpenFile
  private let images: Int
  private let floats: Int
  private var hasher = ContentHasher()
  private var bookmark: Bookmark
  /// The end of the file, as far as it has been written.
  private var end = 0
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
    time: any TimeSource = SystemTimeSource(), on fileSystem: any FileSystem = LocalFileSystem(),
    unless stop: StopCheck = .never
  ) throws {
    self.images = images
    floats = shape.count
    bookmark = Bookmark(of: path, interval: interval, time: time, on: fileSystem)
    file = try fileSystem.open(path, for: .writing)
    if try goOn(unless: stop) { return }
    hasher = ContentHasher()
    try writing { () throws(DiagnosticError) in try file.resize(to: 0) }
    try write(ActivationFile.header(images: images, floats: floats))
  }

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
    // What is on disk cannot fail on closing.
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
        try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: $0[..<min(left, $0.count)]),
          at: length - left)
      }
      guard let count, count > 0 else { return false }
      buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      left -= count
    }
    guard hasher.finalized().hexadecimal == digest else { return false }
    try writing { () throws(DiagnosticError) in try file.resize(to: length) }
    end = length
    written = done
    return true
  }

  private func synchronize() throws {
    try writing { () throws(DiagnosticError) in try file.synchronize() }
  }

  private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bytes)
    try writing { () throws(DiagnosticError) in try file.write(bytes, at: end) }
    end += bytes.count
  }

  /// Performs an operation on the file. If it fails, the file is truncated: on a full disk, others need the space
  /// more.
  private func writing(_ body: () throws(DiagnosticError) -> Void) throws(DiagnosticError) {
    do throws(DiagnosticError) { try body() } catch {
      try? file.resize(to: 0)
      throw error
    }
  }
}
