import Glibc
import SystemPackage

/// The names in a folder, one by one, in the order of the system.
package struct FolderReader: ~Copyable {
  private let stream: OpaquePointer

  /// - Throws: `Errno` if the folder cannot be read.
  package init(_ path: FilePath) throws(Errno) {
    while true {
      if let stream = path.withPlatformString({ opendir($0) }) {
        self.stream = stream
        return
      }
      if errno != EINTR { throw Errno(rawValue: errno) }
    }
  }

  deinit { closedir(stream) }

  /// The descriptor of the folder, valid while it is read.
  package var descriptor: Int32 { dirfd(stream) }

  /// The bytes of the next name, skipping `.` and `..`; `nil` at the end.
  package mutating func next() throws(Errno) -> [UInt8]? {
    while true {
      // A null result means the end or an error; only errno distinguishes them.
      errno = 0
      guard let entry = readdir(stream) else {
        switch errno {
        case 0: return nil
        case EINTR: continue
        default: throw Errno(rawValue: errno)
        }
      }
      // An entry is only as long as its name requires, while the C declaration has room for the longest and may
      // extend beyond the entry. The name is therefore read in place.
      guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else {
        preconditionFailure("a name is stored in its entry")
      }
      let start = UnsafeRawPointer(entry) + offset
      let name = UnsafeRawBufferPointer(
        start: start, count: strlen(start.assumingMemoryBound(to: CChar.self)))
      if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { continue }
      return Array(name)
    }
  }
}
