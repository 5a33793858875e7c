import Glibc
import SystemPackage

extension LocalFileSystem {
  package func freeSpace(at path: FilePath) -> Int? {
    var path = path.isAbsolute ? path : FilePath(".").pushing(path)
    var space = statvfs()
    // The nearest folder that exists is on the disk to which the others will be added.
    while path.withPlatformString({ statvfs($0, &space) }) != 0 {
      guard Errno(rawValue: errno) == .noSuchFileOrDirectory, path.removeLastComponent() else {
        return nil
      }
    }
    // File systems without blocks, such as /proc, state no space.
    guard space.f_blocks > 0 else { return nil }
    let (bytes, isTooLarge) = Int(clamping: space.f_bavail).multipliedReportingOverflow(
      by: Int(clamping: space.f_frsize))
    return isTooLarge ? .max : bytes
  }
}
