import Glibc
import SystemPackage

/// A symbolic link at `path`.
func makeLink(_ path: FilePath, to target: String) throws {
  guard path.withPlatformString({ symlink(target, $0) }) == 0 else { throw Errno(rawValue: errno) }
}

/// A file's permission bits.
func permissions(of path: FilePath) throws -> FilePermissions? {
  var entry = Glibc.stat()
  guard path.withPlatformString({ stat($0, &entry) }) == 0 else { return nil }
  return FilePermissions(rawValue: entry.st_mode & 0o777)
}
