import Basics
import Definitions
import SystemPackage

/// A folder of images, one per file.
struct FolderFormat: DatasetFormat {
  let folder: FilePath
  private var rules: LayoutRules

  init?(_ place: DatasetPlace, of definition: DatasetDefinition, unless stop: StopCheck) throws {
    guard case .folder(let folder) = place else { return nil }
    self.folder = folder
    rules = try LayoutRules(definition)
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
    if let known, known.stamp.tellsThatNothingChanged(until: stamp) {
      guard known.summary.imageSize == nil else { return known }
      // Determined by a version that did not read it.
      var summary = known.summary
      summary.imageSize = imageSize(try index(of: listing))
      return (known.stamp, summary)
    }
    let stamps = Dictionary(
      listing.files.map { ($0.path, $0.stamp) }, uniquingKeysWith: { first, _ in first })
    let index = try index(of: listing)
    if !rules.tellChanges(from: time.now) { stamp.tellsChanges = false }
    var problems = Problems()
    var digests: [String: String] = [:]
    // Only files in the index are content: a note next to the class folders changes nothing.
    let files = try index.paths.map { name -> Value in
      // Broken links have no content; the stamp covers their targets.
      guard let own = stamps[name] else { return [.string(name), .null] }
      if !own.tellsChanges(from: time.now) { stamp.tellsChanges = false }
      do {
        let digest = try contentDigest(of: folder.pushing(FilePath(name)), unless: stop)
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
        imageSize: imageSize(index),
        digests: digests)
    )
  }

  private func index(of listing: FolderListing) throws -> DatasetIndex {
    var rules = rules
    try rules.readLists()
    return try listing.index(of: folder, rules)
  }

  /// The size of the first examined image whose header states one.
  private func imageSize(_ index: DatasetIndex) -> ImageSize {
    for path in index.classes.lazy.flatMap(\.train).prefix(8) {
      // Unreadable files are reported where it matters.
      let bytes = try? LocalFileSystem().read(folder.pushing(FilePath(path)))
      let size = (bytes ?? []).withUnsafeBytes(ImageSize.init)
      if size != .none { return size }
    }
    return .none
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
