import Basics
import SystemPackage

/// Writes encoded images, which differ in length.
///
/// They are written one after the other as they arrive. In the finished file they are in the order of their positions:
/// its bytes depend on the images alone. If they have arrived in another order (as in most archives), or some were
/// skipped, all of them are copied at the end. Until then, a second file has the position and the length of each.
final class EncodedFileWriter: PackedWriter {
  private struct Entry {
    var position: Int
    var length: Int
  }

  private let file: OpenFile
  private let list: OpenFile
  private let fileSystem: any FileSystem
  /// Where the first image begins.
  private let firstOffset: Int
  /// In the order of the file.
  private var entries: [Entry] = []
  /// The end of the images, written or in `run`.
  private var end: Int
  /// The number of entries in the second file.
  private var listed = 0
  /// Images not yet written.
  private var run: [UInt8] = []
  private static let longestRun = 1 << 20
  private static let entryLength = 16

  /// Creates or truncates the file, unless it is to be continued.
  ///
  /// - Throws: `DiagnosticError` if that fails.
  init(
    _ path: FilePath, firstOffset: Int, goingOn: Bool, on fileSystem: any FileSystem
  ) throws(DiagnosticError) {
    self.firstOffset = firstOffset
    self.fileSystem = fileSystem
    file = try fileSystem.open(path, for: goingOn ? .writing : .replacing)
    list = try fileSystem.open(
      EncodedFileWriter.list(of: path), for: goingOn ? .writing : .replacing)
    end = firstOffset
    if goingOn { try readList() }
  }

  private static func list(of path: FilePath) -> FilePath { FilePath(path.string + ".places") }

  /// Reads the entries of an earlier writer, as far as they are consistent with the file.
  private func readList() throws(DiagnosticError) {
    let size = try file.size()
    let bytes = try list.bytes(in: 0..<list.size())
    bytes.withUnsafeBytes { bytes in
      for start in stride(
        from: 0, through: bytes.count - EncodedFileWriter.entryLength,
        by: EncodedFileWriter.entryLength)
      {
        let numbers = [start, start + 8].map {
          Int(
            exactly: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self)))
        }
        guard let position = numbers[0], let length = numbers[1], length > 0, length <= size - end
        else { return }
        entries.append(Entry(position: position, length: length))
        end += length
      }
    }
  }

  var places: ImagePlaces {
    var places: [Int: Range<Int>] = [:]
    var offset = firstOffset
    for entry in entries {
      places[entry.position] = offset..<offset + entry.length
      offset += entry.length
    }
    return .listed(places)
  }

  func resume(after count: Int) throws(DiagnosticError) {
    entries = Array(entries.prefix(count))
    listed = entries.count
    end = entries.reduce(firstOffset) { $0 + $1.length }
    try writing { () throws(DiagnosticError) in
      try list.resize(to: listed * EncodedFileWriter.entryLength)
      try file.resize(to: end)
    }
  }

  func write(_ image: [UInt8], at position: Int) throws(DiagnosticError) {
    run += image
    entries.append(Entry(position: position, length: image.count))
    end += image.count
    if run.count >= EncodedFileWriter.longestRun { try flush() }
  }

  private func flush() throws(DiagnosticError) {
    guard !run.isEmpty else { return }
    let start = end - run.count
    try writing { () throws(DiagnosticError) in try file.write(run, at: start) }
    file.beginSynchronizing(start..<end)
    run.removeAll(keepingCapacity: true)
  }

  func synchronize() throws(DiagnosticError) {
    try flush()
    var bytes: [UInt8] = []
    for entry in entries[listed...] {
      for number in [entry.position, entry.length] {
        Swift.withUnsafeBytes(of: UInt64(number).littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    try writing { () throws(DiagnosticError) in
      try file.synchronize()
      try list.write(bytes, at: listed * EncodedFileWriter.entryLength)
      try list.synchronize()
    }
    listed = entries.count
  }

  func finish(_ header: PackedHeader, gaps: [Int]) throws(DiagnosticError) {
    try flush()
    let order = entries.indices.sorted { entries[$0].position < entries[$1].position }
    let beginning = header.encoded(lengths: order.map { entries[$0].length })
    if gaps.isEmpty, order.elementsEqual(entries.indices) {
      try writing { () throws(DiagnosticError) in
        try file.resize(to: end)
        try file.write(beginning, at: 0)
        // What is on disk cannot fail on closing.
        try file.synchronize()
      }
    } else {
      try copy(order, behind: beginning)
    }
    try fileSystem.remove(list.path)
  }

  /// Replaces the file by one with the images in another order.
  private func copy(_ order: [Int], behind beginning: [UInt8]) throws(DiagnosticError) {
    var offsets: [Int] = []
    offsets.reserveCapacity(entries.count)
    var offset = firstOffset
    for entry in entries {
      offsets.append(offset)
      offset += entry.length
    }
    let path = FilePath(file.path.string + ".ordered")
    let target = try fileSystem.open(path, for: .replacing)
    do throws(DiagnosticError) {
      try target.write(beginning, at: 0)
      var written = beginning.count
      var piece: [UInt8] = []
      for index in order {
        let start = offsets[index]
        let image = try file.bytes(in: start..<start + entries[index].length)
        guard image.count == entries[index].length else {
          throw DiagnosticError(operation: "read", file.path, because: .ioError)
        }
        piece += image
        guard piece.count >= EncodedFileWriter.longestRun else { continue }
        try target.write(piece, at: written)
        written += piece.count
        piece.removeAll(keepingCapacity: true)
      }
      try target.write(piece, at: written)
      try target.synchronize()
      try target.close()
      try fileSystem.move(path, to: file.path)
    } catch {
      // On a full disk, others need the space more.
      try? target.resize(to: 0)
      try? fileSystem.remove(path)
      try? file.resize(to: 0)
      throw error
    }
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
