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
    let reader = FolderReading(folder: folder, headers: HeaderCollector(orientation), time: time)
    let index = try index(of: listing)
    if !rules.tellChanges(from: time.now) { stamp.tellsChanges = false }
    var problems = Problems()
    var headers = reader.headers
    var digests: [String: String] = [:]
    // Only files in the index are content: a note next to the class folders changes nothing.
    let paths = index.paths
    let found = try parallelMap(
      paths, threads: min(ProcessLimits.current.processors, FolderFormat.mostReaders), unless: stop
    ) { name in try stamps[name].map { try reader.read(name, $0, unless: stop) } }
    guard found.count == paths.count else { throw Interrupted() }
    let files = zip(paths, found).map { name, file -> Value in
      switch file {
      case nil:
        // Broken links have no content; the stamp covers their targets.
        headers.note(name, unreadable: "it is a broken link")
        return [.string(name), .null]
      case .failure(let error)?:
        problems.add(error)
        return .null
      case .success(let file)?:
        if !file.tellsChanges { stamp.tellsChanges = false }
        headers.note(name, file.header)
        digests[name] = file.digest.hexadecimal
        return [.string(name), .string(file.digest.hexadecimal)]
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

  /// More do not read faster from a disk.
  private static let mostReaders = 4

  private func index(of listing: FolderListing) throws -> DatasetIndex {
    var rules = rules
    try rules.readLists()
    return try listing.index(of: folder, rules)
  }

  func open(unless stop: StopCheck) throws -> any PackingInput {
    FolderInput(index: try index(of: FolderListing(folder, unless: stop)), folder: folder)
  }
}

/// Reads the files of a folder, several at the same time.
private struct FolderReading: Sendable {
  let folder: FilePath
  let headers: HeaderCollector
  let time: any TimeSource

  struct File: Sendable {
    var digest: Fingerprint
    var header: HeaderCollector.Look
    /// Whether every later change results in a different stamp.
    var tellsChanges: Bool
  }

  /// - Returns: why the file cannot be read, unless it can.
  /// - Throws: `Interrupted`.
  func read(
    _ name: String, _ stamp: FileStamp, unless stop: StopCheck
  ) throws -> Result<File, DiagnosticError> {
    let path = folder.pushing(FilePath(name))
    let tellsChanges = stamp.tellsChanges(from: time.now)
    do {
      guard stamp.size <= ImageDecoder.mostBytes else {
        return .success(
          File(
            digest: try contentDigest(of: path, unless: stop), header: .failure(.tooLong),
            tellsChanges: tellsChanges))
      }
      let bytes = try LocalFileSystem().read(path)
      return .success(
        File(
          digest: Fingerprint(of: bytes), header: headers.look(at: bytes),
          tellsChanges: tellsChanges))
    } catch let error as DiagnosticError {
      return .failure(error)
    }
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
