import Basics
import SystemPackage

/// Files that a process has ready for its claims, so that no claim waits for the disk.
///
/// The first line of such a file states the process, and is on disk before the file is first used. To claim a stage, the
/// second line is written, and the file is given the claim's name; when the claim is released, the file is free for
/// another one. Nothing is synchronised in between: a crash ends the process, and whatever it leaves of the second line,
/// the first one shows that the claim is nobody's any more.
package final class ClaimFiles: Sendable {
  private struct State: Sendable {
    var free: [FilePath] = []
    var all: Set<FilePath> = []
  }

  private let state = Guarded(State())

  package init() {}

  /// A file that no claim uses; `nil` if there is none.
  fileprivate func take() -> FilePath? { state.withLock { $0.free.popLast() } }

  fileprivate func add(_ path: FilePath) { state.withLock { _ = $0.all.insert(path) } }

  /// Offers the file of a claim that has been released to the next one.
  func free(_ path: FilePath) { state.withLock { $0.free.append(path) } }

  /// All of them, which are not offered any more.
  fileprivate func takeAll() -> Set<FilePath> {
    state.withLock { state in
      defer { state = State() }
      return state.all
    }
  }
}

extension Store {
  /// Creates the file of a claim, unless there is one.
  ///
  /// - Returns: whether it did, and the file's name among `files`; `nil` for a file made for this claim.
  func createClaim(
    _ content: ClaimHolder.Content, at path: FilePath, from files: ClaimFiles
  ) throws(DiagnosticError) -> (isCreated: Bool, file: FilePath?) {
    // A run on another machine may consider a suspended process dead, and remove what it has ready.
    for _ in 0..<3 {
      let file = try readyFile(content, from: files)
      // After an error it may have the name all the same, and is not used again.
      switch try fileSystem.offer(file, as: path) {
      case .accepted: return (true, file)
      case .gone: continue
      case .taken:
        files.free(file)
        return (false, nil)
      case .impossible:
        files.free(file)
        return (try fileSystem.create(Array(content.text.utf8), at: path), nil)
      }
    }
    throw DiagnosticError(operation: "write", path, because: .noSuchFileOrDirectory)
  }

  /// A file with a claim's content that no claim uses.
  private func readyFile(
    _ content: ClaimHolder.Content, from files: ClaimFiles
  ) throws(DiagnosticError) -> FilePath {
    let owner = Array(content.owner.utf8)
    let (path, file) = try openedFile(owner, from: files)
    let rest = Array(content.rest.utf8)
    try file.write(rest, at: owner.count)
    try file.resize(to: owner.count + rest.count)
    try file.close()
    return path
  }

  /// A free file, or a new one whose first line is on disk.
  private func openedFile(
    _ owner: [UInt8], from files: ClaimFiles
  ) throws(DiagnosticError) -> (FilePath, OpenFile) {
    while let path = files.take() {
      do throws(DiagnosticError) { return (path, try fileSystem.open(path, for: .changing)) } catch
      {
        // While this process had no claim, another one may have seen no sign of its life, and removed the file.
        guard error.systemReason == Errno.noSuchFileOrDirectory.rawValue else { throw error }
      }
    }
    // Among the workspaces, so that what a killed process has had ready is removed with them.
    if try !fileSystem.exists(workspacesFolder) { try makeFolder(workspacesFolder) }
    let path = newWorkspacePath()
    files.add(path)
    let file = try fileSystem.open(path, for: .creating)
    try file.write(owner, at: 0)
    try file.synchronize()
    return (path, file)
  }

  /// Removes the files that a process has ready for claims. Those that are claims stay claims.
  package func remove(_ files: ClaimFiles) throws(DiagnosticError) {
    for path in files.takeAll() { try fileSystem.remove(path) }
  }
}
