import CArchive

/// The library that archives are read and written with, as it is loaded.
package enum ArchiveLibrary {
  /// With the versions of the libraries that it decompresses with.
  package static var version: String? {
    archive_version_details().map { String(cString: $0) }
  }
}
