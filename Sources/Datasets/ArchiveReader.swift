import Basics
import CArchive
import Glibc
import SystemPackage

/// Reads an archive's entries one after the other; the only door to libarchive.
///
/// Whatever libarchive knows is read: tar, zip and others, compressed or not.
final class ArchiveReader {
  struct Entry {
    enum Kind {
      case file
      /// Another name for the entry of this path.
      case link(to: String)
      /// A folder, a symbolic link, a device: nothing to read.
      case other
    }

    var path: String
    var kind: Kind
  }

  private let path: FilePath
  private let archive: OpaquePointer
  private var isAtEnd = false

  /// - Throws: `DiagnosticError` where the file cannot be read or is no archive.
  init(_ path: FilePath) throws {
    guard let archive = archive_read_new() else {
      throw DiagnosticError("cannot read '\(path)': out of memory")
    }
    self.path = path
    self.archive = archive
    archive_read_support_filter_all(archive)
    archive_read_support_format_all(archive)
    let block = 1 << 18
    guard path.withPlatformString({ archive_read_open_filename(archive, $0, block) }) == ARCHIVE_OK
    else { throw damage("is no archive that can be read") }
  }

  deinit { archive_read_free(archive) }

  /// The next entry; `nil` at the end.
  ///
  /// - Throws: `DiagnosticError` where the archive is damaged.
  func next() throws -> Entry? {
    // libarchive takes being asked beyond the end for a mistake.
    guard !isAtEnd else { return nil }
    var entry: OpaquePointer?
    switch archive_read_next_header(archive, &entry) {
    case ARCHIVE_EOF:
      isAtEnd = true
      return nil
    case ARCHIVE_OK, ARCHIVE_WARN: break
    default: throw damage("is damaged")
    }
    guard let entry, let name = ArchiveReader.name(of: entry) else {
      throw DiagnosticError("archive '\(path)' has an entry without a name")
    }
    if let target = archive_entry_hardlink(entry) {
      return Entry(path: name, kind: .link(to: String(cString: target)))
    }
    let isFile = UInt32(archive_entry_filetype(entry)) == UInt32(Glibc.S_IFREG)
    return Entry(path: name, kind: isFile ? .file : .other)
  }

  /// Names in UTF-8 where the archive says what they are, else as they stand.
  private static func name(of entry: OpaquePointer) -> String? {
    (archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)).map {
      String(cString: $0)
    }
  }

  /// The content of the entry that `next` gave last.
  ///
  /// - Throws: `DiagnosticError` where the archive is damaged.
  func content() throws -> [UInt8] {
    var content: [UInt8] = []
    while true {
      var block: UnsafeRawPointer?
      var count = 0
      var offset: Int64 = 0
      switch archive_read_data_block(archive, &block, &count, &offset) {
      case ARCHIVE_EOF: return content
      case ARCHIVE_OK, ARCHIVE_WARN: break
      default: throw damage("is damaged")
      }
      // Holes in sparse entries read as zeros.
      if Int(offset) > content.count {
        content.append(contentsOf: repeatElement(0, count: Int(offset) - content.count))
      }
      content.append(contentsOf: UnsafeRawBufferPointer(start: block, count: count))
    }
  }

  private func damage(_ what: String) -> DiagnosticError {
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unknown reason"
    return DiagnosticError("archive '\(path)' \(what): \(reason)")
  }
}
