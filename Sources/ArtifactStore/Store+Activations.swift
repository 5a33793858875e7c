import Basics
import SystemPackage

// activations/<key>      activations of frozen layers, one file each; each may be removed at any time

extension Store {
  package var activationsFolder: FilePath { root.appending("activations") }

  /// The path of activations, whether or not the store has them.
  ///
  /// - Parameter key: the hash of everything that determines them.
  package func activationsPath(_ key: Fingerprint) -> FilePath {
    activationsFolder.appending(key.hexadecimal)
  }

  /// Removes all activations, to make room for results.
  ///
  /// - Returns: their size in bytes; what stages are using takes space until they end.
  package func dropActivations() throws(DiagnosticError) -> Int {
    var bytes = 0
    for name in try readableNames(in: activationsFolder) {
      let path = activationsFolder.appending(name)
      let size = try size(of: path)
      try fileSystem.remove(path)
      bytes += size
    }
    return bytes
  }

  /// Adds a file of activations to the store. If another run was faster, its file is replaced by the same content;
  /// processes that have it open keep it.
  ///
  /// - Parameters:
  ///   - file: in a workspace of this store.
  ///   - budget: the maximum total size of activations in bytes: the oldest of the others are removed to stay within
  ///     it.
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
