import Archives
import Basics
import SystemPackage

/// The archive of a study, read sequentially.
package final class StudyArchive {
  package let manifest: StudyManifest
  private let path: FilePath
  private let reader: ArchiveReader
  private var position = 0

  /// Longer lists of contents are rejected: they would describe millions of files.
  private static let largestManifest = 1 << 27

  /// Opens an archive and reads its list of contents.
  ///
  /// - Throws: `DiagnosticError` if it is not an archive of a study, is damaged, or has another format;
  ///   `Interrupted`.
  package init(_ path: FilePath, unless stop: StopCheck = .never) throws {
    guard let status = try LocalFileSystem().status(of: path) else {
      throw DiagnosticError("there is no file '\(path)'")
    }
    guard status.kind == .file else { throw DiagnosticError("'\(path)' is not a file") }
    self.path = path
    reader = try ArchiveReader(
      path, formats: .tar,
      expectation: "an archive of a study is what 'cambium store export' writes", stop: stop)
    guard let first = try reader.next(), first.path == StudyManifest.path,
      case .file = first.kind
    else { throw DiagnosticError("'\(path)' is an archive, but not one of a study") }
    let bytes = try reader.content(limit: StudyArchive.largestManifest + 1)
    guard bytes.count <= StudyArchive.largestManifest else {
      throw DiagnosticError("the list of contents in '\(path)' is too long")
    }
    do throws(DiagnosticError) { manifest = try StudyManifest(json: bytes) } catch {
      throw error.prefixed("'\(path)': ")
    }
  }

  /// Advances to the next file listed by the manifest.
  ///
  /// - Throws: `DiagnosticError` if the archive contains a different file, or ends; `Interrupted`.
  func next() throws -> StudyManifest.Entry {
    let entry = manifest.entries[position]
    guard let found = try reader.next() else {
      throw DiagnosticError(
        "'\(path)' is truncated: \(position) of \(manifest.entries.count) files are present")
    }
    guard found.path == entry.place.path, case .file = found.kind else {
      let kind = if case .file = found.kind { "" } else { ", which is not a regular file" }
      throw DiagnosticError(
        "'\(path)' does not match its list of contents: expected '\(entry.place.path)', found "
          + "'\(found.path)'\(kind)")
    }
    position += 1
    return entry
  }

  /// Checks that nothing follows the last file.
  func expectEnd() throws {
    if let more = try reader.next() {
      throw DiagnosticError(
        "'\(path)' contains '\(more.path)', which is not in its list of contents")
    }
  }

  /// Passes the content of a file to `body`, and finally compares it with the manifest.
  ///
  /// - Throws: `DiagnosticError` if it differs; `Interrupted`; the errors of `body`.
  func read(
    _ entry: StudyManifest.Entry, piecewise body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var hasher = ContentHasher()
    var size = 0
    try reader.read { piece in
      size += piece.count
      guard size <= entry.content.size else { throw damage(entry) }
      hasher.update(piece)
      try body(piece)
    }
    guard FileDigest(digest: hasher.finalized(), size: size) == entry.content else {
      throw damage(entry)
    }
  }

  /// The content of a small file.
  ///
  /// - Throws: as `read`, and `DiagnosticError` if it is too long for such a file.
  func content(of entry: StudyManifest.Entry) throws -> [UInt8] {
    guard entry.content.size <= 1 << 26 else {
      throw DiagnosticError("'\(entry.place.path)' in '\(path)' is too long")
    }
    var content: [UInt8] = []
    try read(entry) { content.append(contentsOf: $0) }
    return content
  }

  private func damage(_ entry: StudyManifest.Entry) -> DiagnosticError {
    DiagnosticError("'\(entry.place.path)' in '\(path)' is damaged")
  }
}

extension DiagnosticError {
  fileprivate func prefixed(_ prefix: String) -> DiagnosticError {
    var error = self
    for index in error.diagnostics.indices {
      error.diagnostics[index].message = prefix + error.diagnostics[index].message
    }
    return error
  }
}
