import Basics
import Definitions
import SystemPackage

extension DatasetDefinition {
  /// Finds out what the dataset holds, without decoding an image.
  ///
  /// - Parameters:
  ///   - known: what an earlier inspection gave. Where the source's stamp is still the same, the summary is
  ///     taken over, and no content is read.
  ///   - stop: asked while content is read.
  /// - Throws: `DiagnosticError` for a source that is missing, cannot be read, is damaged, or is not laid
  ///   out as a dataset; `Interrupted`.
  package func inspect(
    known: (stamp: SourceStamp, summary: DatasetSummary)?, unless stop: StopCheck = .never
  ) throws -> (stamp: SourceStamp, summary: DatasetSummary) {
    switch source {
    case .shapes(let seed, let train, let test):
      let facts: Value = [
        "shapes": .integer(ShapesRenderer.revision),
        "seed": .integer(Int(truncatingIfNeeded: seed)),
        "train": .integer(train), "test": .integer(test),
      ]
      return (
        SourceStamp(over: facts),
        DatasetSummary(digest: facts.fingerprint, shapes: (train, test))
      )
    case .path(let text):
      let path = FilePath(text)
      switch try DatasetLocation(path) {
      case .archive(_, let file):
        return try inspectArchive(path, file, known: known, stop)
      case .folder:
        return try inspectFolder(path, known: known, stop)
      }
    }
  }

  private func inspectArchive(
    _ path: FilePath, _ file: FileStamp, known: (stamp: SourceStamp, summary: DatasetSummary)?,
    _ stop: StopCheck
  ) throws -> (stamp: SourceStamp, summary: DatasetSummary) {
    let stamp = SourceStamp(over: ["archive": .string(path.string), "file": file.value])
    if let known, known.stamp == stamp { return known }
    let index = try ArchiveContents(path, unless: stop).index()
    let digest = try contentDigest(of: path, stop)
    return (stamp, DatasetSummary(digest: digest, index: index))
  }

  private func inspectFolder(
    _ path: FilePath, known: (stamp: SourceStamp, summary: DatasetSummary)?, _ stop: StopCheck
  ) throws -> (stamp: SourceStamp, summary: DatasetSummary) {
    let listing = try FolderListing(path)
    let stamp = SourceStamp(over: [
      "folder": .string(path.string),
      "files": .list(listing.files.map { [.string($0.path), $0.stamp.value] }),
      "folders": .list(listing.folders.map(Value.string)),
    ])
    if let known, known.stamp == stamp { return known }
    let index = try DatasetIndex(
      paths: listing.files.map(\.path), folders: listing.folders, source: path.string)
    // Only what the index names is content: a note beside the class folders changes nothing.
    let files = try index.paths.map { name -> Value in
      let digest = try contentDigest(of: path.pushing(FilePath(name)), stop)
      return [.string(name), .string(digest.hexadecimal)]
    }
    return (stamp, DatasetSummary(digest: Value.list(files).fingerprint, index: index))
  }
}

/// The digest of a file that may be long.
private func contentDigest(of path: FilePath, _ stop: StopCheck) throws -> Fingerprint {
  try stop.check()
  guard let content = try LocalFileSystem().digest(of: path, unless: stop) else {
    throw Interrupted()
  }
  return content.digest
}

extension FileStamp {
  fileprivate var value: Value {
    [.integer(size), .integer(modified), .integer(Int(truncatingIfNeeded: inode))]
  }
}
