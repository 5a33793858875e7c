import Basics
import SystemPackage

extension Store {
  /// Creates or replaces a file of the store in one go; on return it is on the disk. Its folder must exist.
  ///
  /// What is not finished lies among the workspaces: a process that is killed leaves nothing anywhere else.
  func write(_ text: String, to path: FilePath) throws(DiagnosticError) {
    if try !fileSystem.exists(workspacesFolder) { try fileSystem.makeFolder(workspacesFolder) }
    let temporary = newWorkspacePath()
    do throws(DiagnosticError) {
      try fileSystem.append(Array(text.utf8), to: temporary)
      try fileSystem.seal(temporary)
      try fileSystem.move(temporary, to: path)
    } catch {
      // Whatever is left is removed by the next run, if it cannot be now.
      try? fileSystem.remove(temporary)
      // People know a file by the name that it was going to have.
      throw error.reworded { $0.replacing(temporary.string, with: path.string) }
    }
  }
}
