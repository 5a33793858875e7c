import Archives
import Basics
import SystemPackage

/// The entries of archives, one after another, as if each archive were a folder of one archive.
final class ArchiveChain {
  /// An archive or a folder, and the path that its entries are below.
  struct Link: Sendable {
    var prefix: String
    var path: FilePath
    var isFolder = false
    /// Whether it is one of several with this prefix. Their entries outside folders need not have different names.
    var isShard = false
  }

  private let links: [Link]
  private let opensArchives: Bool
  private let stop: StopCheck
  private var position = 0
  /// Whether there was an image outside folders in one of several archives: its class cannot be that of a folder.
  private(set) var hasLooseImages = false
  private var current: (link: Link, reader: any EntryReader)?
  /// An archive in the current one.
  private var inner: (prefix: String, reader: ArchiveReader)?

  /// - Parameter opensArchives: whether archives in archives are read as folders with their names.
  init(_ links: [Link], opensArchives: Bool, unless stop: StopCheck) {
    self.links = links
    self.opensArchives = opensArchives
    self.stop = stop
  }

  /// The next entry, with its path in the chain; `nil` at the end.
  ///
  /// - Throws: `DiagnosticError` if an archive cannot be read or is damaged; `Interrupted`.
  func next() throws -> ArchiveReader.Entry? {
    while true {
      if let (prefix, reader) = inner {
        if let entry = try reader.next() { return entry.below(prefix) }
        inner = nil
      }
      guard let (link, reader) = current else {
        guard position < links.count else { return nil }
        let link = links[position]
        position += 1
        let reader: any EntryReader =
          link.isFolder
          ? try FolderEntries(link.path, unless: stop)
          : try ArchiveReader.ofDataset(link.path, stop)
        current = (link, reader)
        continue
      }
      guard let entry = try reader.next() else {
        current = nil
        continue
      }
      let path = entry.below(link).path
      if link.isShard, !entry.path.contains("/"), PassedOver.isImageName(path) {
        hasLooseImages = true
      }
      guard opensArchives, case .file = entry.kind, entry.isNamed,
        let outer = reader as? ArchiveReader, try isArchive(entry, outer)
      else { return entry.below(link) }
      inner = (
        ArchiveChain.folder(for: path),
        try ArchiveReader(
          entryOf: outer, entry, link.path.pushing(FilePath(entry.path)),
          expectation: "an archive in an archive is read as a folder")
      )
    }
  }

  /// The folder that an archive in an archive is read as: its path, with its name up to the first dot.
  private static func folder(for path: String) -> String {
    let start = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    // A name that begins with a dot keeps it.
    let end = path[start...].dropFirst().firstIndex(of: ".") ?? path.endIndex
    return String(path[..<end])
  }

  /// Whether an entry is itself an archive, by its content; compressed files are, if their name says so.
  private func isArchive(_ entry: ArchiveReader.Entry, _ reader: ArchiveReader) throws -> Bool {
    guard let kind = FileKind.name(of: try reader.start(count: FileKind.length)) else {
      return false
    }
    if kind == "a tar archive" || kind == "a zip archive" { return true }
    let name = entry.path.lowercased()
    return FileKind.isArchive(kind) && (name.contains(".tar.") || name.hasSuffix(".tgz"))
  }

  /// The content of the entry returned last, approximately up to a limit.
  func content(limit: Int) throws -> [UInt8] { try content(limit: limit) { _ in false } }

  /// The same, until no more is needed.
  func content(limit: Int, until isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
    if let inner { return try inner.reader.content(limit: limit, until: isEnough) }
    return try current?.reader.content(limit: limit, until: isEnough) ?? []
  }
}

/// Entries with content, one after another.
protocol EntryReader: AnyObject {
  func next() throws -> ArchiveReader.Entry?
  func content(limit: Int, until isEnough: ([UInt8]) -> Bool) throws -> [UInt8]
}

extension ArchiveReader: EntryReader {}

/// The files of a folder as entries of an archive.
private final class FolderEntries: EntryReader {
  private let folder: FilePath
  private var entries: ArraySlice<ArchiveReader.Entry>
  private var current: FilePath?

  init(_ folder: FilePath, unless stop: StopCheck) throws {
    self.folder = folder
    let listing = try FolderListing(folder, unless: stop)
    if let locked = listing.locked.first { throw locked.reason }
    entries =
      (listing.folders.map { .init(path: $0, kind: .folder, isNamed: true) }
      + listing.files.map { .init(path: $0.path, kind: .file, isNamed: true, size: $0.stamp.size) }
      + listing.brokenLinks.map {
        .init(path: $0.path, kind: .symbolicLink(to: $0.target), isNamed: true)
      }
      + listing.unnamed.map { .init(path: $0, kind: .file, isNamed: false) })[...]
  }

  func next() -> ArchiveReader.Entry? {
    let entry = entries.popFirst()
    current = entry.map { folder.pushing(FilePath($0.path)) }
    return entry
  }

  func content(limit: Int, until isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
    guard let current else { return [] }
    return try LocalFileSystem().start(of: current, count: limit)
  }
}

extension ArchiveReader.Entry {
  fileprivate func below(_ prefix: String) -> ArchiveReader.Entry {
    guard !prefix.isEmpty else { return self }
    var entry = self
    entry.path = "\(prefix)/\(path)"
    if case .hardLink(let target) = kind { entry.kind = .hardLink(to: "\(prefix)/\(target)") }
    return entry
  }

  fileprivate func below(_ link: ArchiveChain.Link) -> ArchiveReader.Entry {
    guard link.isShard, !path.contains("/"), let name = link.path.lastComponent?.string else {
      return below(link.prefix)
    }
    return below("\(link.prefix)/\(name.prefix { $0 != "." })")
  }
}
