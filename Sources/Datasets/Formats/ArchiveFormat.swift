import Archives
import Basics
import Definitions
import SystemPackage

/// An archive of images.
struct ArchiveFormat: DatasetFormat {
  let archive: FilePath
  let file: FileStamp
  let skipsUnreadable: Bool

  init?(_ place: DatasetPlace, of definition: DatasetDefinition) {
    guard case .file(let path, let file) = place else { return nil }
    archive = path
    self.file = file
    skipsUnreadable = definition.unreadable == .skip
  }

  private func contents(unless stop: StopCheck) throws -> ArchiveContents {
    try ArchiveContents(archive, skipsUnreadable: skipsUnreadable, unless: stop)
  }

  /// The digest is that of the archive's bytes.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection
  {
    var stamp = SourceStamp(over: ["archive": .string(archive.string), "file": file.value])
    if let known, known.stamp.tellsThatNothingChanged(until: stamp) {
      guard known.summary.imageSize == nil else { return known }
      // Determined by a version that did not read it.
      var summary = known.summary
      summary.imageSize = try contents(unless: stop).imageSize
      return (known.stamp, summary)
    }
    stamp.tellsChanges = file.tellsChanges(from: time.now)
    let contents = try contents(unless: stop)
    let digest = try contentDigest(of: archive, unless: stop)
    return (
      stamp,
      DatasetSummary(
        digest: digest, index: contents.index, imageSize: contents.imageSize, digests: [:])
    )
  }

  func open(unless stop: StopCheck) throws -> any PackingInput {
    try ArchiveInput(contents(unless: stop), ArchiveReader.ofDataset(archive, stop))
  }
}

/// The members of an archive, in its order.
///
/// The archive is read twice, once for names and once for content, so that only a few encoded images are in memory at
/// a time.
private struct ArchiveInput: PackingInput {
  let index: DatasetIndex
  /// The positions of the file at a path in the archive; several if links refer to one file.
  private let positions: [String: [Int]]
  private let reader: ArchiveReader
  /// Broken links that have not been returned yet.
  private var unreadable: [PackingItem] = []

  init(_ contents: ArchiveContents, _ reader: ArchiveReader) {
    index = contents.index
    var positions: [String: [Int]] = [:]
    for (position, path) in index.paths.enumerated() {
      if let reason = contents.unreadable[path] {
        unreadable.append(
          PackingItem(positions: [position], name: path, content: .unreadable(reason)))
      } else {
        positions[contents.links[path] ?? path, default: []].append(position)
      }
    }
    self.positions = positions
    self.reader = reader
  }

  mutating func next(count: Int, bytes: Int) throws -> [PackingItem] {
    var items = Array(unreadable.prefix(count))
    unreadable.removeFirst(items.count)
    var length = 0
    while items.count < count, length < bytes, let entry = try reader.next() {
      guard case .file = entry.kind, let positions = positions[entry.path] else { continue }
      let content = try reader.content(limit: ImageDecoder.mostBytes + 1)
      length += content.count
      items.append(
        PackingItem(positions: positions, name: entry.path, content: .encoded(content)))
    }
    return items
  }
}
