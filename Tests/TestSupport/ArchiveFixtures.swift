import Basics
import CArchive
import Glibc
import SystemPackage

/// A member of an archive.
package enum ArchiveMember {
  case file(String, [UInt8])
  case folder(String)
  case link(String, to: String)
  case symbolicLink(String, to: String)
}

package enum ArchiveKind: CaseIterable, Sendable {
  case tar, compressedTar, zip
  /// Without declaring an encoding of names.
  case plainTar
  /// Not compressed.
  case storedZip
}

/// Throws if something that the tests need does not work.
private func require(_ condition: Bool) throws {
  guard condition else { throw DiagnosticError("libarchive does not do what the tests need") }
}

/// Writes an archive with members in the given order.
package func writeArchive(
  _ members: [ArchiveMember], to path: FilePath, kind: ArchiveKind
) throws {
  let archive = archive_write_new()
  defer { archive_write_free(archive) }
  switch kind {
  case .tar, .compressedTar: archive_write_set_format_pax_restricted(archive)
  case .plainTar: archive_write_set_format_ustar(archive)
  case .zip: archive_write_set_format_zip(archive)
  case .storedZip:
    archive_write_set_format_zip(archive)
    archive_write_zip_set_compression_store(archive)
  }
  if kind == .compressedTar { archive_write_add_filter_gzip(archive) }
  try require(archive_write_open_filename(archive, path.string) == ARCHIVE_OK)
  for member in members {
    let entry = archive_entry_new()
    defer { archive_entry_free(entry) }
    archive_entry_set_perm(entry, 0o644)
    var content: [UInt8] = []
    switch member {
    case .file(let name, let bytes):
      archive_entry_set_pathname(entry, name)
      archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
      archive_entry_set_size(entry, Int64(bytes.count))
      content = bytes
    case .folder(let name):
      archive_entry_set_pathname(entry, name)
      archive_entry_set_filetype(entry, UInt32(Glibc.S_IFDIR))
    case .link(let name, let target):
      archive_entry_set_pathname(entry, name)
      archive_entry_set_filetype(entry, UInt32(Glibc.S_IFREG))
      archive_entry_set_hardlink(entry, target)
    case .symbolicLink(let name, let target):
      archive_entry_set_pathname(entry, name)
      archive_entry_set_filetype(entry, UInt32(Glibc.S_IFLNK))
      archive_entry_set_symlink(entry, target)
    }
    try require(archive_write_header(archive, entry) == ARCHIVE_OK)
    try require(archive_write_data(archive, content, content.count) == content.count)
  }
  try require(archive_write_close(archive) == ARCHIVE_OK)
}

/// The files in a tar archive, in its order.
package func readArchive(
  _ path: FilePath, limit: Int = .max
) throws -> [(path: String, bytes: [UInt8])] {
  let archive = archive_read_new()
  defer { archive_read_free(archive) }
  archive_read_support_format_tar(archive)
  try require(archive_read_open_filename(archive, path.string, 1 << 16) == ARCHIVE_OK)
  var files: [(path: String, bytes: [UInt8])] = []
  var entry: OpaquePointer?
  while files.count < limit, archive_read_next_header(archive, &entry) == ARCHIVE_OK {
    guard UInt32(archive_entry_filetype(entry)) == UInt32(Glibc.S_IFREG),
      let name = archive_entry_pathname(entry)
    else { continue }
    let size = Int(archive_entry_size(entry))
    var bytes = [UInt8](repeating: 0, count: size)
    try require(archive_read_data(archive, &bytes, size) == size)
    files.append((String(cString: name), bytes))
  }
  return files
}
