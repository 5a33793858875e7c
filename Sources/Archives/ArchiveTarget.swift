import Basics
import CArchiveCalls

/// The file of an archive that is written, as libarchive's calls see it.
///
/// Its calls cannot throw: errors are kept until libarchive has returned.
final class ArchiveTarget {
  private let file: OpenFile
  private var position = 0
  /// The first error.
  private(set) var problem: DiagnosticError?

  init(_ file: OpenFile) { self.file = file }

  /// Opens the archive. The target must live as long as it is written.
  ///
  /// - Returns: libarchive's status.
  func open(_ archive: OpaquePointer) -> Int32 {
    // Without this, the last block would be filled up with zeros, as on a tape.
    archive_write_set_bytes_in_last_block(archive, 1)
    return archive_write_open2(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, own, bytes, count in
        guard let own else { preconditionFailure("libarchive passes the data it was given") }
        return Unmanaged<ArchiveTarget>.fromOpaque(own).takeUnretainedValue()
          .write(UnsafeRawBufferPointer(start: bytes, count: count))
      }, nil, nil)
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    do throws(DiagnosticError) {
      try file.write(bytes, at: position)
      position += bytes.count
      return bytes.count
    } catch {
      problem = problem ?? error
      return -1
    }
  }

  func synchronize() throws(DiagnosticError) { try file.synchronize() }
}
