import Basics
import Definitions
import Glibc
import SystemPackage

/// Where a dataset's source leads to.
enum DatasetPlace {
  /// Nowhere: the images are rendered.
  case shapes(seed: UInt64, train: Int, test: Int)
  case folder(FilePath)
  case file(FilePath, FileStamp)

  /// - Throws: `DiagnosticError` where there is nothing, with the nearest name beside it.
  init(_ source: DatasetDefinition.Source) throws {
    switch source {
    case .shapes(let seed, let train, let test):
      self = .shapes(seed: seed, train: train, test: test)
    case .path(let path): try self.init(FilePath(path))
    }
  }

  private init(_ path: FilePath) throws {
    var status = stat()
    guard path.withPlatformString({ stat($0, &status) }) == 0 else {
      guard errno == ENOENT || errno == ENOTDIR else { throw DiagnosticError.system("read", path) }
      throw DiagnosticError(
        "dataset '\(path)' does not exist", notes: DatasetPlace.suggestion(for: path))
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: self = .folder(path)
    case S_IFREG: self = .file(path, FileStamp(FileStatus(status)))
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
