import Basics
import SystemPackage

/// Writes the images of a packed file, in any order, and then its header.
protocol PackedWriter: AnyObject {
  /// Writes an image to a position.
  func write(_ image: [UInt8], at position: Int) throws(DiagnosticError)
  func synchronize() throws(DiagnosticError)
  /// Closes the gaps of skipped positions, writes the header, and completes the file.
  ///
  /// - Parameter gaps: positions without an image, ascending.
  func finish(_ header: PackedHeader, gaps: [Int]) throws(DiagnosticError)
  /// Where the images of an earlier writer are in the file.
  var places: ImagePlaces { get }
  /// Continues behind the first images of an earlier writer.
  ///
  /// - Parameter count: their number.
  func resume(after count: Int) throws(DiagnosticError)
}

/// Where images are in an unfinished packed file, by position.
enum ImagePlaces: Sendable {
  /// One after the other, with room for all positions.
  case regular(first: Int, length: Int)
  case listed([Int: Range<Int>])

  subscript(position: Int) -> Range<Int>? {
    switch self {
    case .regular(let first, let length):
      first + position * length..<first + (position + 1) * length
    case .listed(let places): places[position]
    }
  }
}

/// Writes images that all have the same length.
final class PackedFileWriter: PackedWriter {
  private let file: OpenFile
  private let pixelOffset: Int
  private let imageLength: Int
  /// Consecutive images are written together.
  private var run: [UInt8] = []
  private var runStart = 0
  private static let longestRun = 1 << 20

  /// Creates or truncates the file, unless it is to be continued.
  ///
  /// - Throws: `DiagnosticError` if that fails.
  init(
    _ path: FilePath, pixelOffset: Int, imageLength: Int, goingOn: Bool = false,
    on fileSystem: any FileSystem
  ) throws(DiagnosticError) {
    self.pixelOffset = pixelOffset
    self.imageLength = imageLength
    file = try fileSystem.open(path, for: goingOn ? .writing : .replacing)
  }

  func write(_ pixels: [UInt8], at position: Int) throws(DiagnosticError) {
    precondition(pixels.count == imageLength, "all images have one size")
    if position * imageLength != runStart + run.count || run.count >= PackedFileWriter.longestRun {
      try flush()
      runStart = position * imageLength
    }
    run += pixels
  }

  var places: ImagePlaces { .regular(first: pixelOffset, length: imageLength) }

  func resume(after count: Int) {}

  func finish(_ header: PackedHeader, gaps: [Int]) throws(DiagnosticError) {
    try flush()
    let count = header.imageCount
    let end = header.pixelOffset(images: count)
    try moveImages(total: count + gaps.count, gaps: gaps, to: end)
    try writing { () throws(DiagnosticError) in try file.resize(to: end + count * imageLength) }
    try write(header.encoded(), offset: 0)
    // What is on disk cannot fail on closing.
    try synchronize()
  }

  /// Waits until all images are on disk.
  func synchronize() throws(DiagnosticError) {
    try flush()
    try writing { () throws(DiagnosticError) in try file.synchronize() }
  }

  /// Moves every image forward to its final position. Images keep their order, so none is overwritten before it is
  /// moved.
  private func moveImages(total: Int, gaps: [Int], to offset: Int) throws(DiagnosticError) {
    guard !gaps.isEmpty else { return }
    var nextGap = 0
    var target = offset
    for position in 0..<total {
      if nextGap < gaps.count, gaps[nextGap] == position {
        nextGap += 1
        continue
      }
      let start = pixelOffset + position * imageLength
      let image = try file.bytes(in: start..<start + imageLength)
      guard image.count == imageLength else {
        throw DiagnosticError(operation: "read", file.path, because: .ioError)
      }
      try write(image, offset: target)
      target += imageLength
    }
  }

  private func flush() throws(DiagnosticError) {
    guard !run.isEmpty else { return }
    let start = pixelOffset + runStart
    try write(run, offset: start)
    file.beginSynchronizing(start..<start + run.count)
    run.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: [UInt8], offset: Int) throws(DiagnosticError) {
    try writing { () throws(DiagnosticError) in try file.write(bytes, at: offset) }
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
