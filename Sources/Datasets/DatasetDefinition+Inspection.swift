import Basics
import Definitions
import SystemPackage

extension DatasetDefinition {
  /// Finds out what the dataset holds, without decoding an image.
  ///
  /// - Parameters:
  ///   - known: what an earlier inspection gave. Where the source's stamp is still the same, and would have
  ///     told a change, the summary is kept, and no content is read.
  ///   - time: tells how old the files' latest changes are.
  ///   - stop: asked while content is read.
  /// - Throws: `DiagnosticError` for a source that is missing, cannot be read, is damaged, or is not laid
  ///   out as a dataset; `Interrupted`.
  package func inspect(
    known: (stamp: SourceStamp, summary: DatasetSummary)?,
    time: any TimeSource = SystemTimeSource(), unless stop: StopCheck = .never
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
        return try inspectArchive(path, file, known: known, time, stop)
      case .folder:
        return try inspectFolder(path, known: known, time, stop)
      }
    }
  }

  /// Whether there is nothing where the dataset should be: no file, or an empty folder, such as the one where a
  /// disk is mounted at other times.
  ///
  /// - Throws: `DiagnosticError` where that cannot be found out.
  package func isVacant() throws(DiagnosticError) -> Bool {
    guard case .path(let text) = source else { return false }
    let path = FilePath(text)
    guard let status = try LocalFileSystem().status(of: path) else { return true }
    return status.kind == .folder ? try LocalFileSystem().names(in: path).isEmpty : false
  }

  private func inspectArchive(
    _ path: FilePath, _ file: FileStamp, known: (stamp: SourceStamp, summary: DatasetSummary)?,
    _ time: any TimeSource, _ stop: StopCheck
  ) throws -> (stamp: SourceStamp, summary: DatasetSummary) {
    var stamp = SourceStamp(over: ["archive": .string(path.string), "file": file.value])
    if let known, known.stamp.tellsThatNothingChanged(until: stamp) { return known }
    stamp.tellsChanges = file.tellsChanges(from: time.now)
    let index = try ArchiveContents(path, unless: stop).index()
    let digest = try contentDigest(of: path, stop)
    return (stamp, DatasetSummary(digest: digest, index: index))
  }

  private func inspectFolder(
    _ path: FilePath, known: (stamp: SourceStamp, summary: DatasetSummary)?,
    _ time: any TimeSource, _ stop: StopCheck
  ) throws -> (stamp: SourceStamp, summary: DatasetSummary) {
    let listing = try FolderListing(path, unless: stop)
    var stamp = SourceStamp(over: [
      "folder": .string(path.string),
      "files": .list(listing.files.map { [.string($0.path), $0.stamp.value] }),
      "folders": .list(listing.folders.map(Value.string)),
      "links": .list(listing.brokenLinks.map { [.string($0.path), .string($0.target)] }),
    ])
    if let known, known.stamp.tellsThatNothingChanged(until: stamp) { return known }
    let stamps = Dictionary(
      listing.files.map { ($0.path, $0.stamp) }, uniquingKeysWith: { first, _ in first })
    let index = try listing.index(of: path.string, skipsUnreadable: unreadable == .skip)
    // Only what the index names is content: a note beside the class folders changes nothing.
    let files = try index.paths.map { name -> Value in
      // Links that lead nowhere have no content; whatever they lead to is told by the stamp.
      guard let own = stamps[name] else { return [.string(name), .null] }
      if !own.tellsChanges(from: time.now) { stamp.tellsChanges = false }
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
