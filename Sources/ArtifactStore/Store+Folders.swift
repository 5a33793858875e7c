import Basics
import SystemPackage

// What stands in the place of a store's folders.

extension Store {
  /// All folders directly below that of the store.
  private var folders: [FilePath] {
    [
      objectsFolder, recordsFolder, latestFolder, inspectionsFolder, logsFolder, checkpointsFolder,
      claimsFolder, damagedFolder, activationsFolder, workspacesFolder, unfinishedFolder,
      setbacksFolder, originalsFolder, submissionsFolder,
    ]
  }

  /// What is in the place of these folders but is none: it contains nothing of the store, and keeps it from being written.
  ///
  /// A link to nothing may lead to a disk that is not mounted, and is none of them.
  var misplacedFiles: [FilePath] {
    folders.filter { folder in
      // What cannot be looked at is not known to be misplaced.
      guard let status = try? fileSystem.status(of: folder) else { return false }
      return status.kind != .folder
    }
  }

  /// Folders that are links to nothing.
  var brokenLinks: [FilePath] {
    folders.filter { folder in
      do throws(DiagnosticError) {
        guard try fileSystem.status(of: folder) == nil else { return false }
        return try fileSystem.status(of: folder, followingLinks: false) != nil
      } catch {
        // What cannot be looked at is not known to be one.
        return false
      }
    }
  }

  /// - Throws: `DiagnosticError` if a folder is a link to nothing.
  func requireNoBrokenLink() throws(DiagnosticError) {
    guard let link = brokenLinks.first else { return }
    throw DiagnosticError(
      "'\(link.string)' is a link to nothing",
      notes: [.init("mount the disk that it leads to, or remove the link")])
  }

  /// What keeps a run from using the store's folders, in words.
  package var folderProblems: [String] {
    brokenLinks.map { "'\($0.string)' is a link to nothing: runs will fail" }
      + misplacedFiles.map { "'\($0.string)' is not a folder: the next run sets it aside" }
      + folders.compactMap { folder in
        do throws(DiagnosticError) {
          _ = try fileSystem.names(in: folder)
          return nil
        } catch {
          return error.diagnostics.first?.message
        }
      }
  }
}
