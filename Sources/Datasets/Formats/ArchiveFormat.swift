import Archives
import Basics
import Definitions
import SystemPackage

/// An archive of images.
struct ArchiveFormat: DatasetFormat {
  let archive: FilePath
  let file: FileStamp
  private var rules: LayoutRules
  private let orientation: DatasetDefinition.Orientation

  init?(_ place: DatasetPlace, of definition: DatasetDefinition, unless stop: StopCheck) throws {
    guard case .file(let path, let file) = place else { return nil }
    archive = path
    self.file = file
    rules = try LayoutRules(definition)
    orientation = definition.orientation
  }

  private func chain(_ stop: StopCheck) -> ArchiveChain {
    ArchiveChain([.init(prefix: "", path: archive)], opensArchives: false, unless: stop)
  }

  /// - Parameter headers: collects the headers of the images; `nil` to read names alone.
  private func contents(
    examining headers: HeaderCollector? = nil, unless stop: StopCheck
  ) throws -> ArchiveContents {
    var rules = rules
    try rules.readLists()
    return try ArchiveContents(
      chain(stop), name: archive, kind: "archive", rules, examining: headers, unless: stop)
  }

  /// The digest is that of the archive's bytes.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection
  {
    var facts: [String: Value] = ["archive": .string(archive.string), "file": file.value]
    facts["rules"] = rules.stamp
    var stamp = SourceStamp(over: .map(facts))
    // Earlier versions did not examine headers.
    if let known, known.summary.headers != nil, known.stamp.tellsThatNothingChanged(until: stamp) {
      return known
    }
    stamp.tellsChanges = file.tellsChanges(from: time.now) && rules.tellChanges(from: time.now)
    let contents = try contents(examining: HeaderCollector(orientation), unless: stop)
    let digest = try contentDigest(of: archive, unless: stop)
    return (
      stamp,
      DatasetSummary(
        digest: rules.digest(of: digest, contents.index), index: contents.index,
        headers: contents.headers, digests: [:])
    )
  }

  func open(unless stop: StopCheck) throws -> any PackingInput {
    ArchiveInput(try contents(unless: stop), chain(stop))
  }
}

/// The members of archives, in their order.
///
/// Archives are read twice, once for names and once for content, so that only a few encoded images are in memory at
/// a time.
struct ArchiveInput: PackingInput {
  let index: DatasetIndex
  /// The positions of the file at a path in the archive; several if links refer to one file.
  private let positions: [String: [Int]]
  private let chain: ArchiveChain
  /// Broken links that have not been returned yet.
  private var unreadable: [PackingItem] = []

  init(_ contents: ArchiveContents, _ chain: ArchiveChain) {
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
    self.chain = chain
  }

  mutating func next(count: Int, bytes: Int) throws -> [PackingItem] {
    var items = Array(unreadable.prefix(count))
    unreadable.removeFirst(items.count)
    var length = 0
    while items.count < count, length < bytes, let entry = try chain.next() {
      guard case .file = entry.kind, let positions = positions[entry.path] else { continue }
      let content = try chain.content(limit: ImageDecoder.mostBytes + 1)
      length += content.count
      items.append(
        PackingItem(positions: positions, name: entry.path, content: .encoded(content)))
    }
    return items
  }
}
