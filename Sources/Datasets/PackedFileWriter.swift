import Basics
import SystemPackage

/// Writes a packed file's images, in any order, then its header.
final class PackedFileWriter {
  private let path: FilePath
  private let file: FileDescriptor
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
    do {
      file = try FileDescriptor.open(
        path, .readWrite,
        options: goingOn ? [.create, .closeOnExec] : [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch let reason as Errno {
      throw DiagnosticError.system("create", path, code: reason.rawValue)
    }
  }

  // What was written is on the disk before it counts: closing has nothing more to tell.
  deinit { try? file.close() }

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
    try writing { try file.resize(to: Int64(end + count * imageLength)) }
    try write(header.encoded(pixelOffset: end), offset: 0)
    try synchronize()
  }

  /// Waits until all images are on the disk.
  func synchronize() throws {
    try flush()
    // Some disks, above all those of other machines, tell only now that they are full.
    try writing { try file.synchronize() }
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
    try writing { _ = try file.writeAll(toAbsoluteOffset: Int64(offset), bytes) }
  }

  /// Does something to the file; if that fails, empties it: on a full disk, others need the space more.
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
