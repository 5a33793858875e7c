import Basics
import CArchiveCalls
import Glibc
import SystemPackage

/// Writes files to a tar archive sequentially.
///
/// The same files in the same order always produce the same bytes: entries have neither times nor owners.
package final class ArchiveWriter {
  private let path: FilePath
  private let temporary: FilePath
  private let fileSystem: any FileSystem
  private let target: ArchiveTarget
  private let archive: OpaquePointer
  private var isFinished = false

  /// Starts an archive. An existing file at the path remains until `finish`.
  ///
  /// - Throws: `DiagnosticError` if the file cannot be written.
  package init(_ path: FilePath, on fileSystem: any FileSystem = LocalFileSystem()) throws {
    guard path.lastComponent != nil else {
      throw DiagnosticError("'\(path)' cannot be the path of an archive")
    }
    self.path = path
    self.fileSystem = fileSystem
    temporary = TemporaryFiles.newPath(beside: path)
    do throws(DiagnosticError) {
      target = ArchiveTarget(try fileSystem.open(temporary, for: .creating))
    } catch {
      throw error.named(path)
    }
    guard let archive = archive_write_new() else {
      try? fileSystem.remove(temporary)
      throw DiagnosticError("cannot write '\(path)': \(ArchiveLibrary.problem)")
    }
    self.archive = archive
    // Extended headers only if a size or a name requires one; names unchanged in any locale.
    guard archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK,
      archive_write_set_option(archive, "pax", "hdrcharset", "BINARY") == ARCHIVE_OK,
      target.open(archive) == ARCHIVE_OK
    else { throw failure() }
  }

  deinit {
    // Without `finish`, freeing the archive would still write its end.
    if !isFinished { archive_write_fail(archive) }
    archive_write_free(archive)
    if !isFinished { try? fileSystem.remove(temporary) }
  }

  /// Adds a file.
  ///
  /// - Parameters:
  ///   - size: in bytes.
  ///   - content: passes the file's bytes, in pieces, to the given function.
  /// - Throws: `DiagnosticError` if the archive cannot be written; the errors of `content`.
  package func add(
    _ name: String, size: Int,
    content: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    guard let entry = archive_entry_new() else {
      throw DiagnosticError("cannot write '\(path)': out of memory")
    }
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname(entry, name)
    archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_size(entry, Int64(size))
    archive_entry_set_mtime(entry, 0, 0)
    guard archive_write_header(archive, entry) == ARCHIVE_OK else { throw failure() }
    var written = 0
    try content { bytes in
      guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else {
        throw failure()
      }
      written += bytes.count
    }
    precondition(written == size, "an entry has the size that was said")
  }

  /// Completes the archive and moves it into place; on return it is on disk.
  ///
  /// - Throws: `DiagnosticError` if it cannot be written.
  package func finish() throws {
    guard archive_write_close(archive) == ARCHIVE_OK else { throw failure() }
    // What is on disk cannot fail on closing.
    do throws(DiagnosticError) { try target.synchronize() } catch { throw error.named(path) }
    try fileSystem.move(temporary, to: path)
    isFinished = true
  }

  private func failure() -> DiagnosticError {
    if let problem = target.problem { return problem.named(path) }
    let code = archive_errno(archive)
    if code > 0 { return DiagnosticError(operation: "write", path, because: Errno(rawValue: code)) }
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "unknown reason"
    return DiagnosticError("cannot write '\(path)': \(reason)")
  }
}

extension DiagnosticError {
  /// The same error for the file that the user knows of.
  fileprivate func named(_ path: FilePath) -> DiagnosticError {
    guard let systemReason else { return self }
    return DiagnosticError(operation: "write", path, because: Errno(rawValue: systemReason))
  }
}
