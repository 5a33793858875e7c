import Basics
import Glibc
import SystemPackage

/// What a dataset's path leads to.
enum DatasetLocation {
  case folder(FilePath)
  case archive(FilePath, FileStamp)

  /// - Throws: `DiagnosticError` where there is nothing, with the nearest name beside it.
  init(_ path: FilePath) throws {
    var status = stat()
    guard path.withPlatformString({ stat($0, &status) }) == 0 else {
      guard errno == ENOENT || errno == ENOTDIR else { throw DiagnosticError.system("read", path) }
      throw DiagnosticError(
        "dataset '\(path)' does not exist", notes: DatasetLocation.suggestion(for: path))
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: self = .folder(path)
    case S_IFREG: self = .archive(path, FileStamp(FileStatus(status)))
    default: throw DiagnosticError("dataset '\(path)' is neither a folder nor a file")
    }
  }

  private static func suggestion(for path: FilePath) -> [Diagnostic.Note] {
    let folder = path.removingLastComponent()
    guard let name = path.lastComponent?.string,
      let beside = try? LocalFileSystem().names(in: folder.isEmpty ? "." : folder),
      let nearest = nearestName(to: name, among: beside)
    else { return [] }
    return [.init("did you mean '\(folder.appending(nearest))'?")]
  }
}
