import SystemPackage

/// Files being written, or folders of such files, in the folder of the files that they will replace.
///
/// They are hidden and carry the name of their process. What a killed process leaves is removed by the next one that
/// writes to the folder.
package enum TemporaryFiles {
  private static let ending = ".tmp"

  /// Folders that this process has already checked for leftovers.
  private static let swept = Guarded<Set<FilePath>>([])

  /// A unique path in the folder of `path`.
  package static func newPath(beside path: FilePath) -> FilePath {
    let folder = path.removingLastComponent()
    let isNew = swept.withLock { swept in
      // Checking again is cheap; recording every folder forever is not.
      if swept.count > 1000 { swept = [] }
      return swept.insert(folder).inserted
    }
    if isNew { removeLeft(in: folder.isEmpty ? "." : folder) }
    let number = String(UInt64.random(in: .min ... .max), radix: 36)
    return folder.appending(".\(ProcessIdentity.current)~\(number)\(ending)")
  }

  /// The process of a temporary file or folder with this name; `nil` for other files.
  package static func owner(of name: String) -> ProcessIdentity? {
    guard name.hasPrefix("."), name.hasSuffix(ending), let last = name.lastIndex(of: "~") else {
      return nil
    }
    return ProcessIdentity(String(name[..<last].dropFirst()))
  }

  /// Removes leftovers of dead processes. If that fails, a later process removes them.
  private static func removeLeft(in folder: FilePath) {
    let files = LocalFileSystem()
    guard let names = try? files.names(in: folder) else { return }
    for name in names where owner(of: name)?.isGone == true {
      try? files.remove(folder.appending(name))
    }
  }
}
