import Basics
import SystemPackage

extension Store {
  /// Atomically creates or replaces a file of the store; on return it is on disk. Its folder must exist.
  ///
  /// The temporary file is among the workspaces, so a killed process leaves nothing elsewhere.
  func write(_ text: String, to path: FilePath) throws(DiagnosticError) {
    if try !fileSystem.exists(workspacesFolder) { try fileSystem.makeFolder(workspacesFolder) }
    let temporary = newWorkspacePath()
    do throws(DiagnosticError) {
      try fileSystem.append(Array(text.utf8), to: temporary)
      try fileSystem.seal(temporary)
      try fileSystem.move(temporary, to: path)
    } catch {
      // If it cannot be removed now, the next run removes it.
      try? fileSystem.remove(temporary)
      // Errors name the file by its final path.
      throw error.reworded { $0.replacing(temporary.string, with: path.string) }
    }
  }
}
