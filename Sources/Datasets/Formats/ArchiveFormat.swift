import Archives
import Basics
import Definitions
import SystemPackage

/// An archive of images.
struct ArchiveFormat: DatasetFormat {
  let archive: FilePath
  let stamp: FileStamp

  init?(_ place: DatasetPlace, of definition: DatasetDefinition) {
    guard case .file(let path, let stamp) = place else { return nil }
    archive = path
    self.stamp = stamp
  }

  /// The digest is that of the archive's bytes.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection
  {
    var stamp = SourceStamp(over: ["archive": .string(archive.string), "file": self.stamp.value])
    if let known, known.stamp.tellsThatNothingChanged(until: stamp) { return known }
    stamp.tellsChanges = self.stamp.tellsChanges(from: time.now)
    let index = try ArchiveContents(archive, unless: stop).index()
    let digest = try contentDigest(of: archive, unless: stop)
    return (stamp, DatasetSummary(digest: digest, index: index))
  }

  func open(unless stop: StopCheck) throws -> any PackingInput {
    try ArchiveInput(archive, unless: stop)
  }
}

/// An archive's members, in its order.
///
/// It is read twice, once for the names and once for the content, so that no more than a few encoded images
/// are ever held.
private struct ArchiveInput: PackingInput {
  let index: DatasetIndex
  /// Where the file of a path inside the archive goes; several places where links name one file.
  private let positions: [String: [Int]]
  private let reader: ArchiveReader

  init(_ archive: FilePath, unless stop: StopCheck) throws {
    let contents = try ArchiveContents(archive, unless: stop)
    index = try contents.index()
    var positions: [String: [Int]] = [:]
    for (position, path) in index.paths.enumerated() {
      positions[contents.links[path] ?? path, default: []].append(position)
    }
    self.positions = positions
    reader = try ArchiveReader.ofDataset(archive, stop)
  }

  mutating func next(count: Int, bytes: Int) throws -> [PackingItem] {
    var items: [PackingItem] = []
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
