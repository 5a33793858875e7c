import Basics
import CArchiveCalls
import Glibc

/// The bytes of an archive, read from the beginning.
protocol ArchiveBytes: AnyObject {
  /// In bytes, as stated by the file system or an archive; 0 if unknown.
  var size: Int { get }
  /// Whether `skip` and `seek` work.
  var isSeekable: Bool { get }

  /// The first bytes, fewer if there are fewer; for messages.
  func start(count: Int) throws -> [UInt8]

  /// The number of bytes read, 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

  /// Advances, but not beyond the end, so that what is missing is noticed.
  func skip(_ count: Int) -> Int

  /// The new position; negative where there is none such.
  func seek(_ offset: Int, _ origin: Int32) -> Int
}

/// The bytes of a file.
final class FileBytes: ArchiveBytes {
  private let file: OpenFile
  let size: Int
  private var position = 0
  var isSeekable: Bool { true }

  init(_ file: OpenFile) throws(DiagnosticError) {
    self.file = file
    size = try file.size()
  }

  func start(count: Int) throws -> [UInt8] { try file.bytes(in: 0..<count) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try file.read(into: buffer, at: position)
    position += count
    return count
  }

  func skip(_ count: Int) -> Int {
    let skipped = min(max(count, 0), max(size - position, 0))
    position += skipped
    return skipped
  }

  func seek(_ offset: Int, _ origin: Int32) -> Int {
    let base =
      switch origin {
      case SEEK_SET: 0
      case SEEK_CUR: position
      case SEEK_END: size
      default: -1
      }
    let (target, overflow) = base.addingReportingOverflow(offset)
    guard base >= 0, !overflow, target >= 0 else { return Int(ARCHIVE_FATAL) }
    position = target
    return target
  }
}

/// The content of an archive's current entry, itself an archive.
final class EntryBytes: ArchiveBytes {
  private let reader: ArchiveReader
  let size: Int
  private var piece: [UInt8] = []
  private var position = 0
  var isSeekable: Bool { false }

  init(_ reader: ArchiveReader, size: Int) {
    self.reader = reader
    self.size = size
  }

  /// The first bytes may have been read already, and entries are read once.
  func start(count: Int) -> [UInt8] { [] }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if position == piece.count {
      position = 0
      piece = []
      while piece.isEmpty {
        guard let next = try reader.piece() else { return 0 }
        piece = next
      }
    }
    let count = min(buffer.count, piece.count - position)
    buffer.copyBytes(from: piece[position..<position + count])
    position += count
    return count
  }

  func skip(_ count: Int) -> Int { 0 }

  func seek(_ offset: Int, _ origin: Int32) -> Int { Int(ARCHIVE_FATAL) }
}

/// An archive that is read, as libarchive's calls see it.
///
/// Its calls cannot throw: errors are kept until libarchive has returned.
final class ArchiveSource {
  private let bytes: any ArchiveBytes
  var size: Int { bytes.size }
  /// What was read last; libarchive uses it until the next call.
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
  /// The first error.
  private(set) var problem: (any Error)?

  init(_ bytes: any ArchiveBytes) { self.bytes = bytes }

  deinit { buffer.deallocate() }

  /// Opens the archive. The source must live as long as it is read.
  ///
  /// - Returns: libarchive's status.
  func open(_ archive: OpaquePointer) -> Int32 {
    let own = Unmanaged.passUnretained(self).toOpaque()
    archive_read_set_callback_data(archive, own)
    archive_read_set_read_callback(archive) { _, own, bytes in
      let source = ArchiveSource.of(own)
      bytes?.pointee = UnsafeRawPointer(source.buffer.baseAddress)
      return source.read()
    }
    if bytes.isSeekable {
      archive_read_set_skip_callback(archive) { _, own, count in
        Int64(ArchiveSource.of(own).bytes.skip(Int(count)))
      }
      archive_read_set_seek_callback(archive) { _, own, offset, origin in
        Int64(ArchiveSource.of(own).bytes.seek(Int(offset), origin))
      }
    }
    return archive_read_open1(archive)
  }

  /// The first bytes of the archive.
  func start(count: Int) throws -> [UInt8] { try bytes.start(count: count) }

  private static func of(_ pointer: UnsafeMutableRawPointer?) -> ArchiveSource {
    guard let pointer else { preconditionFailure("libarchive passes the data it was given") }
    return Unmanaged<ArchiveSource>.fromOpaque(pointer).takeUnretainedValue()
  }

  private func read() -> Int {
    do { return try bytes.read(into: buffer) } catch {
      problem = problem ?? error
      return -1
    }
  }
}
