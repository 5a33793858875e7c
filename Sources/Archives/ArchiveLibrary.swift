import CArchiveCalls

/// The loaded library for reading and writing archives.
package enum ArchiveLibrary {
  /// Includes the versions of the decompression libraries.
  package static var version: String? {
    archive_version_details().map { String(cString: $0) }
  }

  /// Why archives can be neither read nor written, where the library gives no archive.
  static var problem: String {
    guard let problem = cambium_archive_problem() else { return "out of memory" }
    return
      "libarchive cannot be used (Debian: apt-get install libarchive13): \(String(cString: problem))"
  }
}
