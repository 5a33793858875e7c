import Basics
import SystemPackage

// activations/<key>      activations of frozen layers, a file each; any of them may be removed at any time

extension Store {
  package var activationsFolder: FilePath { root.appending("activations") }

  /// Where activations lie, if the store has them.
  ///
  /// - Parameter key: over everything that decides them.
  package func activationsPath(_ key: Fingerprint) -> FilePath {
    activationsFolder.appending(key.hexadecimal)
  }

  /// Takes a file of activations into the store. Where another run has been faster, its file is replaced by
  /// the same content; who has it open keeps it.
  ///
  /// - Parameters:
  ///   - file: in a workspace of this store.
  ///   - budget: bytes that all files of activations may take: the oldest of the others go until they do.
  package func keepActivations(
    _ file: FilePath, as key: Fingerprint, budget: Int
  ) throws(DiagnosticError) {
    let size = try fileSystem.status(of: file)?.size ?? 0
    var others: [(path: FilePath, status: FileStatus)] = []
    for name in try fileSystem.names(in: activationsFolder) where name != key.hexadecimal {
      let path = activationsFolder.appending(name)
      if let status = try fileSystem.status(of: path) { others.append((path, status)) }
    }
    var total = size + others.reduce(0) { $0 + $1.status.size }
    for (path, status) in others.sorted(by: { $0.status.modified < $1.status.modified })
    where total > budget {
      try fileSystem.remove(path)
      total -= status.size
    }
    try makeFolder(activationsFolder)
    try fileSystem.move(file, to: activationsPath(key))
  }
}
