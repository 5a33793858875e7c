import Archives
import CPNG

/// The libraries that images and archives are read with, as they are loaded.
package enum ImageLibraries {
  /// Those that tell their version; TurboJPEG does not.
  package static var versions: [(name: String, version: String)] {
    var found: [(name: String, version: String)] = []
    if let version = ArchiveLibrary.version { found.append(("libarchive", version)) }
    if let text = png_get_libpng_ver(nil) { found.append(("libpng", String(cString: text))) }
    return found
  }
}
