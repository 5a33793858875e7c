import Basics
import Definitions
import SystemPackage

/// A folder of images, one per file.
struct FolderFormat: DatasetFormat {
  let folder: FilePath
  private var rules: LayoutRules
  private let orientation: DatasetDefinition.Orientation

  init?(_ place: DatasetPlace, of definition: DatasetDefinition, unless stop: StopCheck) throws {
    guard case .folder(let folder) = place else { return nil }
    self.folder = folder
    rules = try LayoutRules(definition)
    orientation = definition.orientation
  }

  /// The digest is over the paths of the images and the content of each file.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection
  {
    let listing = try FolderListing(folder, unless: stop)
    var facts: [String: Value] = [
      "folder": .string(folder.string),
      "files": .list(listing.files.map { [.string($0.path), $0.stamp.value] }),
      "folders": .list(listing.folders.map(Value.string)),
      "links": .list(listing.brokenLinks.map { [.string($0.path), .string($0.target)] }),
    ]
    facts["rules"] = rules.stamp
    var stamp = SourceStamp(over: .map(facts))
    // Earlier versions did not examine headers.
    if let known, known.summary.headers != nil, known.stamp.tellsThatNothingChanged(until: stamp) {
      return known
    }
    let stamps = Dictionary(
      listing.files.map { ($0.path, $0.stamp) }, uniquingKeysWith: { first, _ in first })
    let index = try index(of: listing)
    if !rules.tellChanges(from: time.now) { stamp.tellsChanges = false }
    var problems = Problems()
    var headers = HeaderCollector(orientation)
    var digests: [String: String] = [:]
    // Only files in the index are content: a note next to the class folders changes nothing.
    let files = try index.paths.map { name -> Value in
      // Broken links have no content; the stamp covers their targets.
      guard let own = stamps[name] else {
        headers.note(name, unreadable: "it is a broken link")
        return [.string(name), .null]
      }
      if !own.tellsChanges(from: time.now) { stamp.tellsChanges = false }
      do {
        let digest = try digest(of: name, size: own.size, &headers, unless: stop)
        digests[name] = digest.hexadecimal
        return [.string(name), .string(digest.hexadecimal)]
      } catch let error as DiagnosticError {
        problems.add(error)
        return .null
      }
    }
    if let error = problems.error("files of dataset '\(folder)' cannot be read") { throw error }
    return (
      stamp,
      DatasetSummary(
        digest: rules.digest(of: Value.list(files).fingerprint, index), index: index,
        headers: headers.survey(of: index),
        digests: digests)
    )
  }

  /// The digest of a file, whose header is noted.
  private func digest(
    of name: String, size: Int, _ headers: inout HeaderCollector, unless stop: StopCheck
  ) throws -> Fingerprint {
    let path = folder.pushing(FilePath(name))
    guard size <= ImageDecoder.mostBytes else {
      headers.note(name, unreadable: UnreadableImage.tooLong.reason)
      return try contentDigest(of: path, unless: stop)
    }
    try stop.check()
    let bytes = try LocalFileSystem().read(path)
    headers.note(name, bytes)
    return Fingerprint(of: bytes)
  }

  private func index(of listing: FolderListing) throws -> DatasetIndex {
    var rules = rules
    try rules.readLists()
    return try listing.index(of: folder, rules)
  }

  func open(unless stop: StopCheck) throws -> any PackingInput {
    FolderInput(index: try index(of: FolderListing(folder, unless: stop)), folder: folder)
  }
}

/// The files of a folder, in their natural order.
private struct FolderInput: PackingInput {
  let index: DatasetIndex
  private let folder: FilePath
  private let paths: [String]
  private var position = 0

  init(index: DatasetIndex, folder: FilePath) {
    self.index = index
    self.folder = folder
    paths = index.paths
  }

  mutating func next(count: Int, bytes: Int) -> [PackingItem] {
    // Files are read when they are decoded, so nothing is held here, whatever their size.
    let end = min(position + count, paths.count)
    defer { position = end }
    return (position..<end).map { position in
      PackingItem(
        positions: [position], name: paths[position],
        content: .file(folder.pushing(FilePath(paths[position]))))
    }
  }
}
