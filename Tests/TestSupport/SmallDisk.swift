import Basics
import Glibc
import SystemPackage

/// A small separate file system in memory.
package struct SmallDisk {
  package let folder: FilePath

  /// Whether this process may mount one; only root may.
  package static let isAllowed: Bool = {
    (try? withTemporaryFolder { folder in
      guard mount("tmpfs", folder.string, "tmpfs", 0, "size=64k") == 0 else { return false }
      return umount2(folder.string, Int32(MNT_DETACH)) == 0
    }) ?? false
  }()

  /// Runs a test with a disk of a few kilobytes.
  package static func withDisk(kilobytes: Int, _ body: (SmallDisk) throws -> Void) throws {
    try withTemporaryFolder { folder in
      guard mount("tmpfs", folder.string, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
        throw DiagnosticError("cannot mount a file system in memory")
      }
      defer { umount2(folder.string, Int32(MNT_DETACH)) }
      try body(SmallDisk(folder: folder))
    }
  }

  private var filling: FilePath { folder.appending("filling") }

  private var free: Int {
    var space = statvfs()
    guard statvfs(folder.string, &space) == 0 else { return 0 }
    return Int(space.f_bavail) * Int(space.f_frsize)
  }

  /// Fills the disk, leaving a number of bytes free.
  package func fill(leaving bytes: Int) throws {
    let file = open(filling.string, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    guard posix_fallocate(file, 0, off_t(max(0, free - bytes))) == 0 else {
      throw DiagnosticError("the small disk cannot be filled")
    }
  }

  package func clear() throws { try LocalFileSystem().remove(filling) }

  /// The same for an asynchronous test.
  package static func withDisk(
    kilobytes: Int, isolation: isolated (any Actor)? = #isolation,
    _ body: (SmallDisk) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      guard mount("tmpfs", folder.string, "tmpfs", 0, "size=\(kilobytes)k") == 0 else {
        throw DiagnosticError("cannot mount a file system in memory")
      }
      defer { umount2(folder.string, Int32(MNT_DETACH)) }
      try await body(SmallDisk(folder: folder))
    }
  }
}
