import Basics
import Glibc
import SystemPackage

/// All files and folders below a folder, with what the file system says of each.
struct FolderListing {
  struct File {
    /// Relative to the folder.
    var path: String
    var stamp: FileStamp
  }

  private(set) var files: [File] = []
  private(set) var folders: [String] = []

  /// Deeper folders are refused: a link that leads back up must not be followed for ever.
  private static let mostLevels = 16

  /// Lists a folder; links are followed.
  ///
  /// - Throws: `DiagnosticError` where a folder in it cannot be read.
  init(_ folder: FilePath) throws {
    try list(folder, prefix: "", level: 0)
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private mutating func list(_ folder: FilePath, prefix: String, level: Int) throws {
    guard level <= FolderListing.mostLevels else {
      throw DiagnosticError("folder '\(folder)' is nested too deeply: does a link lead back up?")
    }
    do {
      var reader = try FolderReader(folder)
      while let bytes = try reader.next() {
        guard bytes.first != UInt8(ascii: ".") else { continue }
        guard let name = String(validating: bytes, as: UTF8.self) else {
          throw DiagnosticError("folder '\(folder)' holds a name that is not UTF-8")
        }
        var status = stat()
        guard fstatat(reader.descriptor, name, &status, 0) == 0 else {
          throw DiagnosticError.system("read", folder.appending(name))
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
          folders.append(prefix + name)
          try list(folder.appending(name), prefix: prefix + name + "/", level: level + 1)
        case S_IFREG:
          files.append(File(path: prefix + name, stamp: FileStamp(FileStatus(status))))
        default:
          break
        }
      }
    } catch let reason as Errno {
      throw DiagnosticError.system("read", folder, code: reason.rawValue)
    }
  }
}
