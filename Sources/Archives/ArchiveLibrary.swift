import CArchive

/// The loaded library for reading and writing archives.
package enum ArchiveLibrary {
  /// Includes the versions of the decompression libraries.
  package static var version: String? {
    archive_version_details().map { String(cString: $0) }
  }
}
