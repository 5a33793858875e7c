import Basics
import CArchiveCalls
import Glibc
import SystemPackage

/// Reads the entries of an archive sequentially.
///
/// Supports tar, zip, 7-Zip, cpio, RAR and ISO 9660 files, with or without compression. Other formats of libarchive
/// are excluded on purpose: an mtree list may name any file of the machine, and some compressions start other
/// programs.
package final class ArchiveReader {
  package struct Entry {
    package enum Kind {
      case file, folder
      /// Another name for the entry at this path.
      case hardLink(to: String)
      /// The path stored in the link.
      case symbolicLink(to: String)
      /// A device or similar, without readable content.
      case other
    }

    /// Without empty and `.` components. A name that is not UTF-8, if the archive declares no other encoding, has its
    /// bytes escaped.
    package var path: String
    package var kind: Kind
    /// Whether the name could be decoded.
    package var isNamed: Bool
    /// The length of the content in bytes; `nil` if the archive does not state it in advance.
    package var size: Int?

    package init(path: String, kind: Kind, isNamed: Bool, size: Int? = nil) {
      self.path = path
      self.kind = kind
      self.isNamed = isNamed
      self.size = size
    }
  }

  /// The supported archive formats.
  package enum Formats {
    case all
    case tar
    /// Any one file, compressed or not, as the only entry.
    case single
  }

  private let path: FilePath
  private let archive: OpaquePointer
  private let source: ArchiveSource
  private let expectation: String
  private let stop: StopCheck
  private var isAtEnd = false
  /// Whether content of the current entry may remain to be read.
  private var isInEntry = false
  /// The end of the last piece in the current entry's content.
  private var entryEnd = 0
  /// The beginning of the current entry's content, where `start` has read it ahead.
  private var ahead: [UInt8] = []
  /// The number of content bytes returned so far, including holes.
  private var passedOn = 0
  private let mostUnpacked: Int
  private let names: NameAllowance
  /// The entry being read, for messages.
  private var current: String?

  /// An archive may unpack to this multiple of its own size plus one gibibyte. Images and weights hardly compress;
  /// anything that compresses more was made to exhaust the reader.
  package static let mostGrowth = 100
  package static let freeBytes = 1 << 30
  /// The same for an archive in an archive, of which there may be thousands.
  private static let freeBytesInside = 1 << 26
  /// The longest path of an entry in bytes: that of Linux.
  package static let longestPath = 4096
  /// The most components of an entry's path.
  package static let mostLevels = 64

  /// - Parameters:
  ///   - expectation: a hint for users who provide a different kind of file.
  ///   - freeBytes: the size that even a small archive may unpack to.
  ///   - stop: checked between entries, and between the pieces of an entry.
  /// - Throws: `DiagnosticError` if the file cannot be read.
  package convenience init(
    _ path: FilePath, formats: Formats = .all, expectation: String,
    freeBytes: Int = ArchiveReader.freeBytes, on fileSystem: any FileSystem = LocalFileSystem(),
    stop: StopCheck = .never
  ) throws {
    try self.init(
      ArchiveSource(FileBytes(fileSystem.open(path, for: .reading))), path, formats, expectation,
      freeBytes: freeBytes, nil, stop)
  }

  /// Reads the current entry of another archive as an archive, from where that entry has been read to. Until the end, the
  /// other archive must not be used.
  ///
  /// - Parameter path: of the archive and the entry, for messages.
  /// - Throws: `DiagnosticError` if it cannot be read.
  package convenience init(
    entryOf outer: ArchiveReader, _ entry: Entry, _ path: FilePath, formats: Formats = .all,
    expectation: String
  ) throws {
    try self.init(
      ArchiveSource(EntryBytes(outer, size: entry.size ?? 0)), path, formats, expectation,
      freeBytes: ArchiveReader.freeBytesInside, outer.names, outer.stop)
  }

  private init(
    _ source: ArchiveSource, _ path: FilePath, _ formats: Formats, _ expectation: String,
    freeBytes: Int, _ names: NameAllowance?, _ stop: StopCheck
  ) throws {
    self.source = source
    self.names = names ?? NameAllowance(of: path, size: source.size)
    guard let archive = archive_read_new() else {
      throw DiagnosticError("cannot read '\(path)': \(ArchiveLibrary.problem)")
    }
    let (growth, overflow) = source.size.multipliedReportingOverflow(by: ArchiveReader.mostGrowth)
    mostUnpacked = overflow ? .max : growth.addingSaturated(freeBytes)
    self.path = path
    self.archive = archive
    self.expectation = expectation
    self.stop = stop
    for filter in ArchiveReader.filters { _ = filter(archive) }
    for format in ArchiveReader.supports(of: formats) { _ = format(archive) }
    guard NameEncoding.whileUTF8({ source.open(archive) }) == ARCHIVE_OK else { throw damage() }
  }

  private typealias Support = @Sendable (OpaquePointer?) -> Int32

  private static let filters: [Support] = [
    { archive_read_support_filter_gzip($0) }, { archive_read_support_filter_bzip2($0) },
    { archive_read_support_filter_xz($0) }, { archive_read_support_filter_lzma($0) },
    { archive_read_support_filter_zstd($0) }, { archive_read_support_filter_lz4($0) },
    { archive_read_support_filter_compress($0) },
  ]

  private static func supports(of formats: Formats) -> [Support] {
    switch formats {
    case .all: self.formats
    case .tar: [tar]
    case .single:
      [{ archive_read_support_format_raw($0) }, { archive_read_support_format_empty($0) }]
    }
  }

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
  /// - Throws: `DiagnosticError` if the archive is damaged, or not of a supported format; `Interrupted`.
  package func next() throws -> Entry? {
    // libarchive treats reading beyond the end as an error.
    guard !isAtEnd else { return nil }
    try stop.check()
    // If the library skipped a long compressed entry by itself, requests to stop would go unnoticed.
    if isInEntry, mustUnpackToPass {
      while try nextPiece() != nil {}
    }
    isInEntry = false
    entryEnd = 0
    ahead = []
    return try NameEncoding.whileUTF8 { try nextEntry() }
  }

  private func nextEntry() throws -> Entry? {
    var entry: OpaquePointer?
    switch archive_read_next_header(archive, &entry) {
    case ARCHIVE_EOF:
      isAtEnd = true
      return nil
    // Warnings concern owners or names in other encodings, neither of which matters here.
    case ARCHIVE_OK, ARCHIVE_WARN: break
    default: throw damage()
    }
    guard let entry else { throw damage() }
    let name = text(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry))
    guard name.text.utf8.count <= ArchiveReader.longestPath else {
      throw DiagnosticError(
        "a path in archive '\(path)' has \(name.text.utf8.count) bytes, more than the "
          + "\(ArchiveReader.longestPath) allowed: '\(name.text.prefix(40))…'")
    }
    current = name.text
    isInEntry = true
    try checkGrowth()
    let kind = kind(of: entry)
    try names.take(name.text, kind)
    return Entry(
      path: try normalizedPath(name.text), kind: kind, isNamed: name.isReadable,
      size: archive_entry_size_is_set(entry) != 0
        ? Int(exactly: archive_entry_size(entry)).flatMap { $0 >= 0 ? $0 : nil } : nil)
  }

  private func kind(of entry: OpaquePointer) -> Entry.Kind {
    if archive_entry_hardlink(entry) != nil || archive_entry_hardlink_utf8(entry) != nil {
      let target = text(archive_entry_hardlink_utf8(entry), archive_entry_hardlink(entry))
      return .hardLink(to: target.text)
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

  /// UTF-8 text if the archive declares the encoding, otherwise the name as it is if it is valid UTF-8, otherwise its
  /// bytes, escaped.
  private func text(
    _ converted: UnsafePointer<CChar>?, _ stored: UnsafePointer<CChar>?
  ) -> (text: String, isReadable: Bool) {
    guard let bytes = converted ?? stored else { return ("", false) }
    if let text = String(validatingCString: bytes) { return (text, true) }
    return (escapedText(Array(UnsafeRawBufferPointer(start: bytes, count: strlen(bytes)))), false)
  }

  /// The next piece of the entry's content, and its offset; `nil` at the end. The bytes are valid until the next
  /// call.
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
    // Warnings are errors here too: for zip, the only warning is a wrong checksum.
    default: throw damage()
    }
  }

  /// The content of the entry returned last by `next`.
  ///
  /// - Parameter limit: approximately the maximum number of bytes read from a longer entry.
  /// - Throws: `DiagnosticError` if the archive is damaged; `Interrupted`.
  package func content(limit: Int) throws -> [UInt8] {
    try content(limit: limit) { _ in false }
  }

  /// The beginning of the content of the entry returned last by `next`.
  ///
  /// - Parameters:
  ///   - limit: approximately the maximum number of bytes.
  ///   - isEnough: asked whether no more is needed, each time the content has doubled.
  /// - Throws: `DiagnosticError` if the archive is damaged; `Interrupted`.
  package func content(limit: Int, until isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
    var content = ahead
    ahead = []
    var asked = 4096
    while content.count < limit, let (offset, bytes) = try nextPiece() {
      // Holes in sparse entries read as zeros.
      let hole = min(offset, limit) - content.count
      if hole > 0 { content.append(contentsOf: repeatElement(0, count: hole)) }
      content.append(contentsOf: bytes)
      if content.count >= asked {
        if isEnough(content) { break }
        while asked <= content.count { asked *= 2 }
      }
    }
    return content
  }

  /// The beginning of the content of the entry returned last by `next`, fewer bytes if it is shorter. What reads the content
  /// afterwards begins there too.
  ///
  /// - Throws: as `content` does.
  package func start(count: Int) throws -> [UInt8] {
    while ahead.count < count, let piece = try unreadPiece() { ahead += piece }
    return Array(ahead.prefix(count))
  }

  /// The next bytes of the content of the entry returned last by `next`; `nil` at the end.
  ///
  /// - Throws: as `read` does.
  package func piece() throws -> [UInt8]? {
    guard ahead.isEmpty else {
      defer { ahead = [] }
      return ahead
    }
    return try unreadPiece()
  }

  private func unreadPiece() throws -> [UInt8]? {
    let position = entryEnd
    guard let (offset, bytes) = try nextPiece() else { return nil }
    guard offset == position else { throw holes() }
    return Array(bytes)
  }

  /// Reads the content of the entry returned last by `next`, in pieces.
  ///
  /// - Throws: `DiagnosticError` if the archive is damaged, or the entry has holes; `Interrupted`; the errors of
  ///   `body`.
  package func read(piecewise body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var position = ahead.count
    if !ahead.isEmpty { try ahead.withUnsafeBytes(body) }
    ahead = []
    while let (offset, bytes) = try nextPiece() {
      guard offset == position else { throw holes() }
      try body(bytes)
      position += bytes.count
    }
  }

  private func holes() -> DiagnosticError {
    DiagnosticError("'\(current ?? "")' in archive '\(path)' has holes")
  }

  /// Whether skipping an entry requires decompressing it: in a compressed stream, and in formats that compress
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

  /// A path without empty and `.` components: tar writes `./train` as often as `train`.
  private func normalizedPath(_ name: String) throws(DiagnosticError) -> String {
    let parts = pathComponents(name)
    guard parts.count <= ArchiveReader.mostLevels else {
      throw DiagnosticError(
        "'\(name)' in archive '\(path)' is nested too deeply: more than \(ArchiveReader.mostLevels) levels"
      )
    }
    return parts.joined(separator: "/")
  }

  private func damage() -> any Error {
    if let problem = source.problem { return problem }
    if current == nil, let start = try? source.start(count: FileKind.length),
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

/// The components of a path in an archive, without empty and `.` ones.
package func pathComponents(_ path: String) -> [Substring] {
  // By bytes: a path may have many, and finding characters takes ten times as long.
  path.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init).filter { $0 != "." }
}

/// What the names in an archive, and in those inside it, may take. They are all kept until its content is known, and
/// compress so well that the size of the archive does not bound them.
private final class NameAllowance {
  private let path: FilePath
  private let most: Int
  private var taken = 0

  /// What an entry takes besides the bytes of its name and its target.
  private static let perEntry = 64
  /// Half a million entries, whatever the archive's size. Images of a few bytes, each with a name, take more than a
  /// quarter of what is counted for their names.
  private static let free = 1 << 25
  private static let growth = 4

  init(of path: FilePath, size: Int) {
    self.path = path
    let (allowance, overflow) = size.multipliedReportingOverflow(by: NameAllowance.growth)
    most = overflow ? .max : allowance.addingSaturated(NameAllowance.free)
  }

  func take(_ name: String, _ kind: ArchiveReader.Entry.Kind) throws(DiagnosticError) {
    taken += name.utf8.count + NameAllowance.perEntry
    switch kind {
    case .hardLink(let target), .symbolicLink(let target): taken += target.utf8.count
    case .file, .folder, .other: break
    }
    guard taken > most else { return }
    throw DiagnosticError(
      "the names in archive '\(path)' take more than \(most >> 20) MB, far more than its content",
      notes: [
        .init("image archives have few names for their size: this one is damaged or malicious")
      ])
  }
}

extension Int {
  fileprivate func addingSaturated(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
