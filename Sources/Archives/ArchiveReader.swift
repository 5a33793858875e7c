import Basics
import CArchive
import Glibc
import SystemPackage

/// Reads an archive's entries one after the other.
///
/// Reads tar, zip, 7-Zip, cpio, RAR and ISO 9660 files, compressed or not. The rest of what libarchive
/// knows is left out on purpose: an mtree list may name any file of the machine, and some compressions
/// start other programs.
package final class ArchiveReader {
  package struct Entry {
    package enum Kind {
      case file, folder
      /// Another name for the entry of this path.
      case hardLink(to: String)
      /// A path as the link holds it.
      case symbolicLink(to: String)
      /// A device or the like: nothing to read.
      case other
    }

    /// Without empty and `.` parts. A name that is not UTF-8, though the archive declares no other encoding, is
    /// shown with its bytes escaped.
    package var path: String
    package var kind: Kind
    /// Whether the name could be read.
    package var isNamed: Bool
  }

  /// Which archives are read.
  package enum Formats {
    case all
    case tar
  }

  private let path: FilePath
  private let archive: OpaquePointer
  private let expectation: String
  private let stop: StopCheck
  private var isAtEnd = false
  /// Whether content of the current entry may be left to read.
  private var isInEntry = false
  /// Where in the current entry's content the last piece ended.
  private var entryEnd = 0
  /// Bytes of content that have been passed on, holes included.
  private var passedOn = 0
  private let mostUnpacked: Int
  /// The entry being read, for messages.
  private var current: String?

  /// An archive may unpack to so many times its own size, and a gibibyte: images and weights hardly shrink, and
  /// what shrinks by more was made to exhaust whoever reads it.
  package static let mostGrowth = 100
  package static let freeBytes = 1 << 30

  /// - Parameters:
  ///   - expectation: what is said to whoever gives another file.
  ///   - freeBytes: what it may unpack to however small it is.
  ///   - stop: asked between entries, and between the pieces of one.
  /// - Throws: `DiagnosticError` where the file cannot be read.
  package init(
    _ path: FilePath, formats: Formats = .all, expectation: String,
    freeBytes: Int = ArchiveReader.freeBytes, stop: StopCheck = .never
  ) throws {
    guard let archive = archive_read_new() else {
      throw DiagnosticError("cannot read '\(path)': out of memory")
    }
    let size = (try? LocalFileSystem().status(of: path))?.size ?? 0
    let (growth, overflow) = size.multipliedReportingOverflow(by: ArchiveReader.mostGrowth)
    mostUnpacked = overflow ? .max : growth.addingSaturated(freeBytes)
    self.path = path
    self.archive = archive
    self.expectation = expectation
    self.stop = stop
    for filter in ArchiveReader.filters { _ = filter(archive) }
    for format in formats == .tar ? [ArchiveReader.tar] : ArchiveReader.formats {
      _ = format(archive)
    }
    let block = 1 << 18
    let status = NameEncoding.whileUTF8 {
      path.withPlatformString { archive_read_open_filename(archive, $0, block) }
    }
    guard status == ARCHIVE_OK else { throw damage() }
  }

  private typealias Support = @Sendable (OpaquePointer?) -> Int32

  private static let filters: [Support] = [
    { archive_read_support_filter_gzip($0) }, { archive_read_support_filter_bzip2($0) },
    { archive_read_support_filter_xz($0) }, { archive_read_support_filter_lzma($0) },
    { archive_read_support_filter_zstd($0) }, { archive_read_support_filter_lz4($0) },
    { archive_read_support_filter_compress($0) },
  ]

  private static let tar: Support = { archive_read_support_format_tar($0) }

  private static let formats: [Support] = [
    tar, { archive_read_support_format_zip($0) },
    { archive_read_support_format_7zip($0) }, { archive_read_support_format_cpio($0) },
    { archive_read_support_format_rar($0) }, { archive_read_support_format_rar5($0) },
    { archive_read_support_format_iso9660($0) },
  ]

  deinit { archive_read_free(archive) }

  /// The next entry; `nil` at the end.
  ///
  /// - Throws: `DiagnosticError` where the archive is damaged, or of no kind that is read; `Interrupted`.
  package func next() throws -> Entry? {
    // libarchive takes being asked beyond the end for a mistake.
    guard !isAtEnd else { return nil }
    try stop.check()
    // Left to the library, passing over a long entry that has to be decompressed hears no request to stop.
    if isInEntry, mustUnpackToPass {
      while try nextPiece() != nil {}
    }
    isInEntry = false
    entryEnd = 0
    return try NameEncoding.whileUTF8 { try nextEntry() }
  }

  private func nextEntry() throws -> Entry? {
    var entry: OpaquePointer?
    switch archive_read_next_header(archive, &entry) {
    case ARCHIVE_EOF:
      isAtEnd = true
      return nil
    // A warning is about an owner or a name in another encoding, neither of which matters.
    case ARCHIVE_OK, ARCHIVE_WARN: break
    default: throw damage()
    }
    guard let entry else { throw damage() }
    let name = text(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry))
    current = name.text
    isInEntry = true
    try checkGrowth()
    return Entry(
      path: normalizedPath(name.text), kind: kind(of: entry), isNamed: name.isReadable)
  }

  private func kind(of entry: OpaquePointer) -> Entry.Kind {
    if archive_entry_hardlink(entry) != nil || archive_entry_hardlink_utf8(entry) != nil {
      let target = text(archive_entry_hardlink_utf8(entry), archive_entry_hardlink(entry))
      return .hardLink(to: normalizedPath(target.text))
    }
    switch UInt32(archive_entry_filetype(entry)) {
    case UInt32(Glibc.S_IFREG): return .file
    case UInt32(Glibc.S_IFDIR): return .folder
    case UInt32(Glibc.S_IFLNK):
      return .symbolicLink(
        to: text(archive_entry_symlink_utf8(entry), archive_entry_symlink(entry)).text)
    default: return .other
    }
  }

  /// Text in UTF-8 where the archive says what it is, else as it stands, if that is UTF-8; otherwise its bytes,
  /// escaped.
  private func text(
    _ converted: UnsafePointer<CChar>?, _ stored: UnsafePointer<CChar>?
  ) -> (text: String, isReadable: Bool) {
    guard let bytes = converted ?? stored else { return ("", false) }
    if let text = String(validatingCString: bytes) { return (text, true) }
    return (escapedText(Array(UnsafeRawBufferPointer(start: bytes, count: strlen(bytes)))), false)
  }

  /// The next piece of the entry's content, and where in it the piece belongs; `nil` at its end. The bytes
  /// are there until the next call.
  private func nextPiece() throws -> (offset: Int, bytes: UnsafeRawBufferPointer)? {
    try stop.check()
    guard isInEntry else { return nil }
    var block: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    switch archive_read_data_block(archive, &block, &count, &offset) {
    case ARCHIVE_EOF:
      isInEntry = false
      entryEnd = 0
      return nil
    case ARCHIVE_OK:
      guard offset >= entryEnd else { throw damage() }
      passedOn = passedOn.addingSaturated(Int(offset) - entryEnd).addingSaturated(count)
      entryEnd = Int(offset).addingSaturated(count)
      try checkGrowth()
      return (Int(offset), UnsafeRawBufferPointer(start: block, count: count))
    // Warnings too: zip has none but for a checksum that is wrong.
    default: throw damage()
    }
  }

  /// The content of the entry that `next` gave last.
  ///
  /// - Parameter limit: no more than about so many bytes are read of a longer one.
  /// - Throws: `DiagnosticError` where the archive is damaged; `Interrupted`.
  package func content(limit: Int) throws -> [UInt8] {
    var content: [UInt8] = []
    while content.count < limit, let (offset, bytes) = try nextPiece() {
      // Holes in sparse entries read as zeros.
      let hole = min(offset, limit) - content.count
      if hole > 0 { content.append(contentsOf: repeatElement(0, count: hole)) }
      content.append(contentsOf: bytes)
    }
    return content
  }

  /// Reads the content of the entry that `next` gave last, piece by piece.
  ///
  /// - Throws: `DiagnosticError` where the archive is damaged, or the entry has holes; `Interrupted`; what
  ///   `body` throws.
  package func read(piecewise body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var position = 0
    while let (offset, bytes) = try nextPiece() {
      guard offset == position else {
        throw DiagnosticError("'\(current ?? "")' in archive '\(path)' has holes")
      }
      try body(bytes)
      position += bytes.count
    }
  }

  /// Whether to pass over an entry is to decompress it: in a compressed stream, and in formats that compress
  /// entries together.
  private var mustUnpackToPass: Bool {
    let solid = [ARCHIVE_FORMAT_7ZIP, ARCHIVE_FORMAT_RAR, ARCHIVE_FORMAT_RAR_V5]
    return archive_filter_count(archive) > 1
      || solid.contains(archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK)
  }

  private func checkGrowth() throws {
    guard max(passedOn, Int(archive_filter_bytes(archive, 0))) > mostUnpacked else { return }
    throw DiagnosticError(
      "archive '\(path)' unpacks to more than \(ArchiveReader.mostGrowth) times its size",
      notes: [.init("image archives hardly compress: this one is damaged or malicious")])
  }

  private func damage() -> DiagnosticError {
    if current == nil, let start = try? LocalFileSystem().start(of: path, count: FileKind.length),
      let kind = FileKind.name(of: start), !FileKind.isArchive(kind)
    {
      return DiagnosticError(
        "'\(path)' is \(kind), not a readable archive", notes: [.init(expectation)])
    }
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unknown reason"
    let place = current.map { " (in or after '\($0)')" } ?? ""
    return DiagnosticError(
      "'\(path)' is damaged or not a readable archive: \(reason)\(place)",
      notes: [.init(expectation)])
  }
}

/// A path without empty and `.` parts: tar writes `./train` as often as `train`.
private func normalizedPath(_ path: String) -> String {
  path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
}

extension Int {
  fileprivate func addingSaturated(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
