import Archives
import CPNG

/// The loaded libraries for images and archives.
package enum ImageLibraries {
  /// Libraries that report their version; TurboJPEG does not.
  package static var versions: [(name: String, version: String)] {
    var found: [(name: String, version: String)] = []
    if let version = ArchiveLibrary.version { found.append(("libarchive", version)) }
    if let text = png_get_libpng_ver(nil) { found.append(("libpng", String(cString: text))) }
    return found
  }
}
