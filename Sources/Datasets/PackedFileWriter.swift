import Basics
import SystemPackage

/// Writes the images of a packed file, in any order, and then its header.
final class PackedFileWriter {
  private let path: FilePath
  private let file: FileDescriptor
  private let pixelOffset: Int
  private let imageLength: Int
  /// Consecutive images are written together.
  private var run: [UInt8] = []
  private var runStart = 0
  private static let longestRun = 1 << 20

  /// Creates or truncates the file, unless it is to be continued.
  ///
  /// - Throws: `DiagnosticError` if that fails.
  init(_ path: FilePath, pixelOffset: Int, imageLength: Int, goingOn: Bool = false) throws {
    self.path = path
    self.pixelOffset = pixelOffset
    self.imageLength = imageLength
    do {
      file = try FileDescriptor.open(
        path, .readWrite,
        options: goingOn ? [.create, .closeOnExec] : [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch let reason as Errno {
      throw DiagnosticError.system("create", path, code: reason.rawValue)
    }
  }

  // Everything written is synced before it counts, so closing cannot report an error.
  deinit { try? file.close() }

  /// Writes an image to a position.
  func write(_ pixels: [UInt8], at position: Int) throws {
    precondition(pixels.count == imageLength, "all images have one size")
    if position * imageLength != runStart + run.count || run.count >= PackedFileWriter.longestRun {
      try flush()
      runStart = position * imageLength
    }
    run += pixels
  }

  /// Closes the gaps of skipped positions, writes the header, and completes the file.
  ///
  /// - Parameter gaps: positions without an image, ascending.
  func finish(_ header: PackedHeader, gaps: [Int]) throws {
    try flush()
    let count = header.imageCount
    let end = header.pixelOffset(images: count)
    try moveImages(total: count + gaps.count, gaps: gaps, to: end)
    try writing { try file.resize(to: Int64(end + count * imageLength)) }
    try write(header.encoded(pixelOffset: end), offset: 0)
    try synchronize()
  }

  /// Waits until all images are on disk.
  func synchronize() throws {
    try flush()
    // Some disks, especially remote ones, only report now that they are full.
    try writing { try file.synchronize() }
  }

  /// Moves every image forward to its final position. Images keep their order, so none is overwritten before it is
  /// moved.
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
    try writing { _ = try file.writeAll(toAbsoluteOffset: Int64(offset), bytes) }
  }

  /// Performs an operation on the file. If it fails, the file is truncated: on a full disk, others need the space
  /// more.
  private func writing(_ body: () throws -> Void) throws {
    do { try body() } catch let reason as Errno {
      try? file.resize(to: 0)
      throw DiagnosticError.system("write", path, code: reason.rawValue)
    }
  }

  private func read(_ bytes: inout [UInt8], offset: Int) throws {
    var done = 0
    do {
      while done < bytes.count {
        let count = try bytes.withUnsafeMutableBytes {
          try file.read(
            fromAbsoluteOffset: Int64(offset + done),
            into: UnsafeMutableRawBufferPointer(rebasing: $0[done...]))
        }
        guard count > 0 else { throw Errno.ioError }
        done += count
      }
    } catch let reason as Errno {
      throw DiagnosticError.system("read", path, code: reason.rawValue)
    }
  }
}
