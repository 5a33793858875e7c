import Basics
import Glibc
import SystemPackage

/// Writes a packed file's images, in any order, then its header.
final class PackedFileWriter {
  private let path: FilePath
  private let descriptor: Int32
  private let pixelOffset: Int
  private let imageLength: Int
  /// Images that follow one another are written in one go.
  private var run: [UInt8] = []
  private var runStart = 0
  private static let longestRun = 1 << 20

  /// Creates the file, or empties it, unless what it holds is to be gone on from.
  ///
  /// - Throws: `DiagnosticError` where that fails.
  init(_ path: FilePath, pixelOffset: Int, imageLength: Int, goingOn: Bool = false) throws {
    self.path = path
    self.pixelOffset = pixelOffset
    self.imageLength = imageLength
    descriptor = path.withPlatformString {
      open($0, O_RDWR | O_CREAT | O_CLOEXEC | (goingOn ? 0 : O_TRUNC), 0o644)
    }
    guard descriptor >= 0 else { throw DiagnosticError.system("create", path) }
  }

  deinit { close(descriptor) }

  /// Puts an image at a position.
  func write(_ pixels: [UInt8], at position: Int) throws {
    precondition(pixels.count == imageLength, "all images have one size")
    if position * imageLength != runStart + run.count || run.count >= PackedFileWriter.longestRun {
      try flush()
      runStart = position * imageLength
    }
    run += pixels
  }

  /// Closes the gaps at positions that were left out, writes the header, and ends the file.
  ///
  /// - Parameter gaps: positions without an image, ascending.
  func finish(_ header: PackedHeader, gaps: [Int]) throws {
    try flush()
    let count = header.imageCount
    let end = header.pixelOffset(images: count)
    try moveImages(total: count + gaps.count, gaps: gaps, to: end)
    guard ftruncate(descriptor, off_t(end + count * imageLength)) == 0 else { throw failure() }
    try write(header.encoded(pixelOffset: end), offset: 0)
    try synchronize()
  }

  /// Waits until all images are on the disk.
  func synchronize() throws {
    try flush()
    // Some disks, above all those of other machines, tell only now that they are full.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure() }
  }

  /// Moves every image forwards to its final place; images keep their order, so none is overwritten
  /// before it is moved.
  private func moveImages(total: Int, gaps: [Int], to offset: Int) throws {
    guard !gaps.isEmpty else { return }
    var image = [UInt8](repeating: 0, count: imageLength)
    var nextGap = 0
    var target = offset
    for position in 0..<total {
      if nextGap < gaps.count, gaps[nextGap] == position {
        nextGap += 1
        continue
      }
      try read(&image, offset: pixelOffset + position * imageLength)
      try write(image, offset: target)
      target += imageLength
    }
  }

  private func flush() throws {
    guard !run.isEmpty else { return }
    try write(run, offset: pixelOffset + runStart)
    run.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: [UInt8], offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes {
        let rest = UnsafeRawBufferPointer(rebasing: $0[done...])
        return pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure() }
      done += written
    }
  }

  /// The error of a write; on a full disk, others need the space more.
  private func failure() -> DiagnosticError {
    let error = DiagnosticError.system("write", path)
    ftruncate(descriptor, 0)
    return error
  }

  private func read(_ bytes: inout [UInt8], offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        let rest = UnsafeMutableRawBufferPointer(rebasing: $0[done...])
        return pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw DiagnosticError.system("read", path) }
      done += count
    }
  }
}
