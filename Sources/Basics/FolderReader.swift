import Glibc
import SystemPackage

/// The names in a folder, one after the other, as the system gives them.
package struct FolderReader: ~Copyable {
  private let stream: OpaquePointer

  /// - Throws: `Errno` where the folder cannot be read.
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

  /// The folder itself, as long as it is read.
  package var descriptor: Int32 { dirfd(stream) }

  /// The bytes of the next name, but for `.` and `..`; `nil` at the end.
  package mutating func next() throws(Errno) -> [UInt8]? {
    while true {
      // A null result means the end or an error; only errno tells them apart.
      errno = 0
      guard let entry = readdir(stream) else {
        switch errno {
        case 0: return nil
        case EINTR: continue
        default: throw Errno(rawValue: errno)
        }
      }
      // An entry is as long as its name needs; what C declares for it has room for the longest, and reaches
      // beyond. So the name is read where it stands.
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
