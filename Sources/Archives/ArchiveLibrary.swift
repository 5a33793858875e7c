import CArchiveCalls

/// The loaded library for reading and writing archives.
package enum ArchiveLibrary {
  /// Includes the versions of the decompression libraries.
  package static var version: String? {
    archive_version_details().map { String(cString: $0) }
  }

  /// Why the library cannot be used; `nil` if it can.
  package static var loadingProblem: String? {
    cambium_archive_problem().map {
      "libarchive cannot be used (Debian: apt-get install libarchive13): \(String(cString: $0))"
    }
  }

  /// Why archives can be neither read nor written, where the library gives no archive.
  static var problem: String { loadingProblem ?? "out of memory" }

  /// An address within the library, if it can be used.
  package static var address: UInt? { cambium_archive_address().map { UInt(bitPattern: $0) } }
}
