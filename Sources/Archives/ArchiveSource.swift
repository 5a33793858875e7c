import Basics
import CArchive
import Glibc

/// The file of an archive that is read, as libarchive's calls see it.
///
/// Its calls cannot throw: errors are kept until libarchive has returned.
final class ArchiveSource {
  private let file: OpenFile
  let size: Int
  private var position = 0
  /// What was read last; libarchive uses it until the next call.
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
  /// The first error.
  private(set) var problem: DiagnosticError?

  init(_ file: OpenFile) throws(DiagnosticError) {
    self.file = file
    size = try file.size()
  }

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
    archive_read_set_skip_callback(archive) { _, own, count in ArchiveSource.of(own).skip(count) }
    archive_read_set_seek_callback(archive) { _, own, offset, origin in
      ArchiveSource.of(own).seek(offset, origin)
    }
    return archive_read_open1(archive)
  }

  /// The first bytes of the file.
  func start(count: Int) throws(DiagnosticError) -> [UInt8] { try file.bytes(in: 0..<count) }

  private static func of(_ pointer: UnsafeMutableRawPointer?) -> ArchiveSource {
    guard let pointer else { preconditionFailure("libarchive passes the data it was given") }
    return Unmanaged<ArchiveSource>.fromOpaque(pointer).takeUnretainedValue()
  }

  private func read() -> Int {
    do throws(DiagnosticError) {
      let count = try file.read(into: buffer, at: position)
      position += count
      return count
    } catch {
      problem = problem ?? error
      return -1
    }
  }

  /// Not beyond the end, so that what is missing is noticed.
  private func skip(_ count: Int64) -> Int64 {
    let skipped = min(max(Int(count), 0), max(size - position, 0))
    position += skipped
    return Int64(skipped)
  }

  /// The new position; negative where there is none such.
  private func seek(_ offset: Int64, _ origin: Int32) -> Int64 {
    let base =
      switch origin {
      case SEEK_SET: 0
      case SEEK_CUR: position
      case SEEK_END: size
      default: -1
      }
    let (target, overflow) = base.addingReportingOverflow(Int(offset))
    guard base >= 0, !overflow, target >= 0 else { return Int64(ARCHIVE_FATAL) }
    position = target
    return Int64(target)
  }
}
