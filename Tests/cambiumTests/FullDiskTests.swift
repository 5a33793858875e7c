import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A small file system of its own, in memory.
private struct SmallDisk {
  let folder: FilePath
  /// Whether this process may mount one: the owner of the machine may, others are refused.
  static let isAllowed: Bool = {
    (try? withTemporaryFolder { folder in
      guard mount("tmpfs", folder.string, "tmpfs", 0, "size=64k") == 0 else { return false }
      return umount2(folder.string, Int32(MNT_DETACH)) == 0
    }) ?? false
  }()

  /// Runs a test with a disk of some kilobytes.
  static func withDisk(kilobytes: Int, _ body: (SmallDisk) throws -> Void) throws {
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

  /// Leaves so many bytes free.
  func fill(leaving bytes: Int) throws {
    let file = open(filling.string, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    #expect(posix_fallocate(file, 0, off_t(free - bytes)) == 0)
  }

  func clear() throws { try LocalFileSystem().remove(filling) }
}

/// Runs on a disk that is full in the middle of a write, whichever it is.
@Suite(
  .serialized, .enabled(if: SmallDisk.isAllowed, "mounting a small file system is refused here"))
struct FullDiskTests {
  /// Kilobytes left free at the start: too few for the packed images, for a state, for weights, for a
  /// record; the long form tries every third page.
  private static let room: [Int] =
    Soak.isLong
    ? Array(stride(from: 0, through: 1400, by: 12))
    : [0, 12, 100, 660, 820]

  @Test func aFullDiskIsToldLeavesAValidStoreAndIsGotOver() throws {
    try SoakTests().inFolder { folder, expected in
      try SmallDisk.withDisk(kilobytes: 8000) { disk in
        var failures: Set<String> = []
        for kilobytes in Self.room {
          let name = disk.folder.appending("store").string
          try disk.fill(leaving: kilobytes << 10)
          let full = try Program.run(SoakTests.run(name), in: folder)
          let inspection = StoreInspection(disk.folder.appending("store"))
          if full.status != 0 {
            #expect([1, 2].contains(full.status))
            let told =
              full.errors.contains("No space left on device")
              || full.errors.contains("the disk is full")
            #expect(told, "\(kilobytes) kB: \(full.errors)")
            failures.formUnion(Self.kinds(full.errors))
          }
          #expect(try inspection.damage() == [], "\(kilobytes) kB")
          try disk.clear()
          let after = try Program.run(SoakTests.run(name), in: folder)
          #expect(after.status == 0, "\(kilobytes) kB: \(after.errors)")
          #expect(try inspection.outputs() == expected, "\(kilobytes) kB")
          #expect(try inspection.remains() == [], "\(kilobytes) kB")
          try LocalFileSystem().remove(inspection.store.root)
        }
        print("what did not fit: \(failures.sorted())")
        #expect(failures.isSuperset(of: ["images.packed", "safetensors"]))
      }
    }
  }

  /// What the messages say could not be written.
  private static func kinds(_ errors: String) -> Set<String> {
    Set(
      [
        "images.packed", "safetensors", "steps.bin", "checkpoints/", "records/", "inspections/",
        "latest/", "logs/", "objects/", "store.json", "measurements.json", "report", "load-report",
        "/tmp'",
      ].filter { errors.contains($0) })
  }
}
