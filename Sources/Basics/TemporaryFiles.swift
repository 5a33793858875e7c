import Glibc
import Synchronization
import SystemPackage

/// Files that are being written, beside those that they are going to replace.
///
/// They are hidden and bear their process's name: what a process leaves that is killed is removed by the next
/// one that writes into the folder.
package enum TemporaryFiles {
  private static let ending = ".tmp"

  /// Folders in which this process has looked for what others left.
  private static let swept = Mutex<Set<FilePath>>([])

  /// A path in the folder of `path` that nobody else has.
  package static func newPath(beside path: FilePath) -> FilePath {
    let folder = path.removingLastComponent()
    let isNew = swept.withLock { swept in
      // To look again costs little; to remember every folder there ever was would not.
      if swept.count > 1000 { swept = [] }
      return swept.insert(folder).inserted
    }
    if isNew { removeLeft(in: folder.isEmpty ? "." : folder) }
    let number = String(UInt64.random(in: .min ... .max), radix: 36)
    return folder.appending(".\(ProcessIdentity.current)~\(number)\(ending)")
  }

  /// Whose temporary file has this name; `nil` for other files.
  package static func owner(of name: String) -> ProcessIdentity? {
    guard name.hasPrefix("."), name.hasSuffix(ending), let last = name.lastIndex(of: "~") else {
      return nil
    }
    return ProcessIdentity(String(name[..<last].dropFirst()))
  }

  /// Removes what processes left that are gone. Where that fails, a later one will.
  private static func removeLeft(in folder: FilePath) {
    guard let names = try? LocalFileSystem().names(in: folder) else { return }
    for name in names where owner(of: name)?.isGone == true {
      _ = folder.appending(name).withPlatformString { unlink($0) }
    }
  }
}
