import Basics
import Definitions
import Glibc
import SystemPackage

/// The location of a dataset's source.
enum DatasetPlace {
  /// No location: the images are rendered.
  case shapes(seed: UInt64, train: Int, test: Int)
  case folder(FilePath)
  case file(FilePath, FileStamp)

  /// - Throws: `DiagnosticError` if it does not exist, with a hint about similar names.
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
      let reason = Errno(rawValue: errno)
      guard reason == .noSuchFileOrDirectory || reason == .notDirectory else {
        throw DiagnosticError(operation: "read", path, because: reason)
      }
      throw DatasetPlace.absence(of: path)
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: self = .folder(path)
    case S_IFREG: self = .file(path, FileStamp(FileStatus(status)))
    default: throw DiagnosticError("dataset '\(path)' is neither a folder nor a file")
    }
  }

  private static func absence(of path: FilePath) -> DiagnosticError {
    if let url = url(path) {
      return DiagnosticError(
        "dataset '\(url)' is a URL, which is not supported",
        notes: [.init("download it first, and name the folder or the archive")])
    }
    if let status = try? LocalFileSystem().status(of: path, followingLinks: false),
      status.kind == .link
    {
      return DiagnosticError("dataset '\(path)' is a broken link")
    }
    return DiagnosticError("dataset '\(path)' does not exist", notes: notes(on: path))
  }

  /// The original URL of a path; joining path components removes one of its slashes.
  private static func url(_ path: FilePath) -> String? {
    let parts = path.components.map(\.string)
    guard
      let scheme = parts.firstIndex(where: { part in
        part.last == ":" && part.count > 2
          && part.dropLast().utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
              || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
          }
      }), scheme + 1 < parts.count
    else { return nil }
    return parts[scheme] + "//" + parts[(scheme + 1)...].joined(separator: "/")
  }

  private static func notes(on path: FilePath) -> [Diagnostic.Note] {
    let parts = path.components.map(\.string)
    if let home = parts.first(where: { $0.hasPrefix("~") }) {
      return [.init("'\(home)' is not expanded: write the full path")]
    }
    if let variable = parts.first(where: { $0.hasPrefix("$") }) {
      return [
        .init(
          "'\(variable)' is not an environment variable here: pass its value to a parameter with --set"
        )
      ]
    }
    if path.string.contains("{") {
      return [
        .init(
          "several archives are named in 'subsets', for example {train: \"train-{000..146}.tar\"}")
      ]
    }
    if path.string.contains("\\") {
      return [.init("parts of a path are separated by '/', not by '\\'")]
    }
    return suggestion(for: path)
  }

  private static func suggestion(for path: FilePath) -> [Diagnostic.Note] {
    let folder = path.removingLastComponent()
    let place: FilePath = folder.isEmpty ? "." : folder
    guard let name = path.lastComponent?.string,
      let status = try? LocalFileSystem().status(of: place), status.kind == .folder
    else {
      return [.init("there is no folder '\(folder)' either")]
    }
    guard let beside = try? LocalFileSystem().names(in: place),
      let nearest = nearestName(to: name, among: beside)
    else { return [] }
    return [.init("did you mean '\(folder.appending(nearest))'?")]
  }
}
