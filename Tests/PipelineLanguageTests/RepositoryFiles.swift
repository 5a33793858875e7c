import Glibc
import SystemPackage

/// Files of the repository that tests read.
enum RepositoryFiles {
  private static let root = FilePath(#filePath)
    .removingLastComponent().removingLastComponent().removingLastComponent()

  /// The files in a folder of the repository with an extension, by name; empty if there is no such folder.
  static func contents(of folder: String, withExtension suffix: String) throws -> [(
    name: String, text: String
  )] {
    let path = root.appending(folder)
    guard let directory = opendir(path.string) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if FilePath(name).extension == suffix { names.append(name) }
    }
    return try names.sorted().map { ($0, try text(of: path.appending($0))) }
  }

  private static func text(of path: FilePath) throws -> String {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter {
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += chunk[..<count]
      }
    }
  }
}
