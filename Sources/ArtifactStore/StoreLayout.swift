import Basics
import SystemPackage

// The layout of a store.

extension Store {
  var formatPath: FilePath { root.appending("store.json") }
  var objectsFolder: FilePath { root.appending("objects") }
  var recordsFolder: FilePath { root.appending("records") }
  var latestFolder: FilePath { root.appending("latest") }
  var inspectionsFolder: FilePath { root.appending("inspections") }
  var workspacesFolder: FilePath { root.appending("tmp") }
  var claimsFolder: FilePath { root.appending("claims") }
  /// Damaged files are kept here for later inspection.
  package var damagedFolder: FilePath { root.appending("damaged") }
  /// The logs of runs.
  package var logsFolder: FilePath { root.appending("logs") }

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

  // Objects and records are distributed over 256 folders each, so that none of them is too large to list quickly.

  /// The path of the object with a digest, whether or not it exists.
  package func objectPath(_ digest: Fingerprint) -> FilePath {
    let name = digest.hexadecimal
    return FilePath("\(objectsFolder.string)/\(name.prefix(2))/\(name)")
  }

  /// The path of a stage's record, whether or not it exists.
  package func recordPath(_ fingerprint: Fingerprint) -> FilePath {
    let name = fingerprint.hexadecimal
    return FilePath("\(recordsFolder.string)/\(name.prefix(2))/\(name).json")
  }

  /// A file name for any text: a readable form and, for uniqueness, a digest.
  ///
  /// `A3B/é` becomes `A3B__-` and twelve hexadecimal digits.
  package static func fileName(for text: String) -> String {
    let kept = text.unicodeScalars.prefix(40).map { scalar -> Character in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "+": Character(scalar)
      default: "_"
      }
    }
    return String(kept) + "-" + Fingerprint(of: text).hexadecimal.prefix(12)
  }
}
