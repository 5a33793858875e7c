import Basics
import Glibc
import SystemPackage

/// All files and folders in a folder, with their statuses.
struct FolderListing {
  struct File {
    /// Relative to the folder.
    var path: String
    var stamp: FileStamp
  }

  private(set) var files: [File] = []
  private(set) var folders: [String] = []
  private(set) var brokenLinks: [SourceListing.BrokenLink] = []
  private(set) var unnamed: [String] = []
  private(set) var locked: [(path: String, reason: DiagnosticError)] = []

  /// The maximum nesting depth of folders.
  private static let mostLevels = 16
  /// The maximum number of times that the same folder is listed through links. If each folder had two links to the
  /// next, the number of paths would double from level to level.
  private static let mostVisits = 16

  private struct Identity: Hashable {
    var device: UInt64
    var inode: UInt64

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }
  }

  private let stop: StopCheck
  private var visits: [Identity: Int] = [:]
  /// The folders above the one being listed.
  private var above: [Identity] = []

  /// Lists a folder; links are followed.
  ///
  /// - Throws: `DiagnosticError` if a folder in it cannot be read; `Interrupted`.
  init(_ folder: FilePath, unless stop: StopCheck = .never) throws {
    self.stop = stop
    var status = stat()
    guard stat(folder.string, &status) == 0 else {
      throw DiagnosticError(operation: "read", folder, because: Errno(rawValue: errno))
    }
    above = [Identity(status)]
    try list(folder, prefix: "")
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    brokenLinks.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    unnamed.sort(by: utf8Order)
    locked.sort { utf8Order($0.path, $1.path) }
  }

  /// Sorts the listed files into classes.
  ///
  /// - Throws: `DiagnosticError` with everything that prevents this from being a dataset.
  func index(of folder: FilePath, _ rules: LayoutRules) throws -> DatasetIndex {
    let listing = SourceListing(
      kind: "dataset", source: folder.string, files: files.map(\.path), folders: folders,
      brokenLinks: brokenLinks, locked: locked, unnamed: unnamed)
    return try DatasetIndex(listing, rules, unless: stop) { path in
      // Its name suggests a note, so no image is lost if it cannot be read.
      let start = try? LocalFileSystem().start(of: folder.pushing(FilePath(path)), count: 8)
      return ImageDecoder.canRead(start ?? [])
    }
  }

  private mutating func list(_ folder: FilePath, prefix: String) throws {
    guard above.count <= FolderListing.mostLevels + 1 else {
      throw DiagnosticError(
        "folder '\(folder)' is nested too deeply: more than \(FolderListing.mostLevels) levels")
    }
    do {
      var reader = try FolderReader(folder)
      while let bytes = try reader.next() {
        try stop.check()
        guard bytes.first != UInt8(ascii: ".") else { continue }
        guard let name = String(validating: bytes, as: UTF8.self) else {
          unnamed.append(prefix + escapedText(bytes))
          continue
        }
        if PassedOver.isHidden(name) {
          // Counted, and not looked into.
          folders.append(prefix + name)
          continue
        }
        var status = stat()
        guard fstatat(reader.descriptor, name, &status, 0) == 0 else {
          let code = errno
          let problem =
            switch code {
            case ENOENT, ENOTDIR: "which does not exist"
            case ELOOP: "which is part of a loop, or followed by too many links"
            default: "which cannot be reached"
            }
          guard [ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG].contains(code),
            note(name, in: reader.descriptor, prefix, problem)
          else {
            throw DiagnosticError(
              operation: "read", folder.appending(name), because: Errno(rawValue: code))
          }
          continue
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: try enter(name, status, of: folder, reader.descriptor, prefix)
        case S_IFREG:
          files.append(File(path: prefix + name, stamp: FileStamp(FileStatus(status))))
        default:
          break
        }
      }
    } catch let reason as Errno {
      let error = DiagnosticError(operation: "read", folder, because: reason)
      guard !prefix.isEmpty, [.permissionDenied, .notPermitted].contains(reason) else {
        throw error
      }
      // Whether that matters depends on its content.
      locked.append((String(prefix.dropLast()), error))
    }
  }

  private mutating func enter(
    _ name: String, _ status: stat, of folder: FilePath, _ descriptor: Int32, _ prefix: String
  ) throws {
    let identity = Identity(status)
    if above.contains(identity),
      note(name, in: descriptor, prefix, "which points to a folder above it")
    {
      return
    }
    guard visits[identity, default: 0] < FolderListing.mostVisits else {
      throw DiagnosticError(
        "folder '\(folder.appending(name))' is listed more than \(FolderListing.mostVisits) times: "
          + "too many links lead there")
    }
    visits[identity, default: 0] += 1
    folders.append(prefix + name)
    above.append(identity)
    try list(folder.appending(name), prefix: prefix + name + "/")
    above.removeLast()
  }

  /// Records an entry that cannot be followed, if it is a link.
  private mutating func note(
    _ name: String, in descriptor: Int32, _ prefix: String, _ problem: String
  ) -> Bool {
    var target = [UInt8](repeating: 0, count: 4096)
    let length = readlinkat(descriptor, name, &target, target.count)
    guard length >= 0 else { return false }
    brokenLinks.append(
      SourceListing.BrokenLink(
        path: prefix + name, target: String(decoding: target.prefix(length), as: UTF8.self),
        problem: problem))
    return true
  }
}
