import Basics
import SystemPackage

extension Store {
  /// A new empty folder for a stage's outputs and scratch files, in the store's own file system so
  /// that outputs can be moved into place.
  package func makeWorkspace() throws(DiagnosticError) -> FilePath {
    let folder = newWorkspacePath()
    try makeFolder(folder)
    return folder
  }

  /// A path among the workspaces that nobody else has.
  func newWorkspacePath() -> FilePath {
    let number = String(UInt64.random(in: .min ... .max), radix: 36)
    return workspacesFolder.appending("\(process)~\(number)")
  }

  /// Removes a workspace with all that it holds.
  package func removeWorkspace(_ workspace: FilePath) throws(DiagnosticError) {
    try fileSystem.remove(workspace)
  }

  /// Removes the workspaces of processes of this machine that are no more. Those of other machines
  /// stay, since nothing tells whether they live.
  func removeAbandonedWorkspaces() throws(DiagnosticError) {
    for path in try abandonedWorkspaces() { try fileSystem.remove(path) }
  }

  func abandonedWorkspaces() throws(DiagnosticError) -> [FilePath] {
    try fileSystem.names(in: workspacesFolder).filter { name in
      guard let last = name.lastIndex(of: "~"), let owner = ProcessIdentity(String(name[..<last]))
      else { return false }
      return owner.isGone
    }.map { workspacesFolder.appending($0) }
  }
}
