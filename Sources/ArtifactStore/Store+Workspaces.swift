import Basics
import SystemPackage

extension Store {
  /// A new empty folder for a stage's outputs and scratch files, on the store's own file system, so that outputs can
  /// be moved into place.
  package func makeWorkspace() throws(DiagnosticError) -> FilePath {
    let folder = newWorkspacePath()
    // A crash may take it: its process is gone then, too.
    do throws(DiagnosticError) { try fileSystem.makePassingFolder(folder) } catch {
      try makeFolder(workspacesFolder)
      try fileSystem.makePassingFolder(folder)
    }
    return folder
  }

  /// A unique path among the workspaces.
  func newWorkspacePath() -> FilePath { workspacesFolder.appending(newName()) }

  /// A unique name that identifies its process.
  func newName() -> String {
    "\(process)~\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }

  /// The process of a name created by `newName`; `nil` for other names.
  static func owner(of name: String) -> ProcessIdentity? {
    name.lastIndex(of: "~").flatMap { ProcessIdentity(String(name[..<$0])) }
  }

  /// Removes a workspace with its content.
  package func removeWorkspace(_ workspace: FilePath) throws(DiagnosticError) {
    try fileSystem.remove(workspace)
  }

  /// Removes the workspaces of dead processes.
  func removeAbandonedWorkspaces(watch: LifeWatch? = nil) throws(DiagnosticError) {
    for path in try abandonedWorkspaces(watch: watch) {
      try tidying { () throws(DiagnosticError) in try fileSystem.remove(path) }
    }
  }

  /// The workspaces of processes that are known to be dead. Those of other machines and containers count as abandoned
  /// if neither they nor their process's claims have changed for the watch's patience.
  func abandonedWorkspaces(watch: LifeWatch? = nil) throws(DiagnosticError) -> [FilePath] {
    var abandoned: [FilePath] = []
    var signs: [ProcessIdentity: [String]]?
    for name in try readableNames(in: workspacesFolder) {
      let path = workspacesFolder.appending(name)
      guard let owner = Store.owner(of: name) else { continue }
      if owner.isGone {
        abandoned.append(path)
      } else if !owner.isHere, let watch {
        if signs == nil { signs = try self.signs() }
        let modified = try fileSystem.status(of: path, followingLinks: false)?.modified ?? 0
        // A file that is being written grows.
        let sign = try ["\(modified) \(size(of: path))"] + (signs?[owner] ?? [])
        if watch.isStill("tmp/\(name)", sign: sign.joined(separator: " ")) {
          abandoned.append(path)
        }
      }
    }
    return abandoned
  }
}
