import Archives
import Basics
import Definitions
import SystemPackage

/// An archive of images.
struct ArchiveFormat: DatasetFormat {
  let archive: FilePath
  let file: FileStamp
  let skipsUnreadable: Bool
  let orientation: DatasetDefinition.Orientation

  init?(_ place: DatasetPlace, of definition: DatasetDefinition) {
    guard case .file(let path, let file) = place else { return nil }
    archive = path
    self.file = file
    skipsUnreadable = definition.unreadable == .skip
    orientation = definition.orientation
  }

  /// - Parameter headers: collects the headers of the images; `nil` to read names alone.
  private func contents(
    examining headers: HeaderCollector? = nil, unless stop: StopCheck
  ) throws -> ArchiveContents {
    try ArchiveContents(
      archive, skipsUnreadable: skipsUnreadable, examining: headers, unless: stop)
  }

  /// The digest is that of the archive's bytes.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection
  {
    var stamp = SourceStamp(over: ["archive": .string(archive.string), "file": file.value])
    // Earlier versions did not examine headers.
    if let known, known.summary.headers != nil, known.stamp.tellsThatNothingChanged(until: stamp) {
      return known
    }
    stamp.tellsChanges = file.tellsChanges(from: time.now)
    let contents = try contents(examining: HeaderCollector(orientation), unless: stop)
    let digest = try contentDigest(of: archive, unless: stop)
    return (
      stamp,
      DatasetSummary(
        digest: digest, index: contents.index, headers: contents.headers, digests: [:])
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
