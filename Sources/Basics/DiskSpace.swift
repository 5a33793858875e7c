import Glibc
import SystemPackage

/// The disk that a path is on, or would be on if its missing folders were created.
package struct DiskSpace: Hashable, Sendable {
  /// Bytes that this user may still write.
  package var free: Int
  /// Whether it is the memory of this machine, which no other machine can see.
  package var isMemory: Bool

  package init(free: Int, isMemory: Bool) {
    self.free = free
    self.isMemory = isMemory
  }

  /// `nil` if the system does not tell.
  package init?(of path: FilePath) {
    var folder = path
    while access(folder.string, F_OK) != 0 {
      let parent = folder.removingLastComponent()
      if parent.isEmpty || parent == folder {
        folder = folder.isAbsolute ? "/" : "."
        break
      }
      folder = parent
    }
    var space = statvfs()
    guard statvfs(folder.string, &space) == 0 else { return nil }
    let (bytes, isLarge) = Int(clamping: space.f_bavail).multipliedReportingOverflow(
      by: Int(clamping: space.f_frsize))
    free = isLarge ? .max : bytes
    isMemory = ["tmpfs", "ramfs"].contains(DiskSpace.type(of: folder))
  }

  /// The type of the file system that a folder is on, by the longest mount point above it.
  private static func type(of folder: FilePath) -> String {
    guard let resolved = realpath(folder.string, nil) else { return "" }
    defer { Glibc.free(resolved) }
    let path = FilePath(platformString: resolved)
    var best = (length: -1, type: "")
    let mounts = (try? LocalFileSystem().contents(of: "/proc/self/mounts", upTo: 1 << 20)) ?? []
    for line in mounts.split(separator: UInt8(ascii: "\n")) {
      // Device, mount point, type; special characters of the mount point are written in octal.
      let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
      guard fields.count > 2 else { continue }
      let mount = FilePath(String(fields[1]))
      if path.starts(with: mount), mount.components.count >= best.length {
        best = (mount.components.count, String(fields[2]))
      }
    }
    return best.type
  }
}
