import Archives
import Basics
import Definitions
import SystemPackage

/// A folder or an archive of files that store images as pixels and classes as numbers: any of `pixelSets`.
struct PixelFormat: DatasetFormat {
  private let source: PixelSource
  private let definition: DatasetDefinition
  private let set: any PixelSet.Type
  private let declared: DeclaredClasses

  init?(_ place: DatasetPlace, of definition: DatasetDefinition, unless stop: StopCheck) throws {
    // Lists name images, which these files do not contain.
    guard definition.subsets?.lists.isEmpty ?? true else { return nil }
    switch place {
    case .shapes: return nil
    case .folder(let folder): source = .folder(folder)
    case .file(let archive, let stamp):
      if let start = try? LocalFileSystem().open(archive, for: .reading).bytes(in: 0..<64) {
        try PixelFormat.refuseCode("'\(archive)'", start)
      }
      source = .archive(archive, stamp)
    }
    let found: (path: String, start: [UInt8])?
    do {
      found = try source.firstFile(definition.subsets ?? .usual, unless: stop)
    } catch is DiagnosticError {
      // What cannot be read is reported by the format whose turn it is.
      return nil
    }
    guard let found else { return nil }
    try PixelFormat.refuseCode("'\(found.path)' in '\(source.path)'", found.start)
    guard let set = pixelSets.first(where: { $0.recognizes(found.start) }) else { return nil }
    self.set = set
    self.definition = definition
    declared = try DeclaredClasses(definition.declaration)
  }

  /// Refuses files from which a reader would have to run code.
  private static func refuseCode(_ file: String, _ start: [UInt8]) throws {
    let kind = FileKind.name(of: start)
    guard let kind, kind.contains("pickle") || kind == "a MATLAB file" else { return }
    let hint =
      "fetch another version: of CIFAR the binary one (cifar-10-binary.tar.gz, cifar-100-binary.tar.gz), of MNIST the IDX "
      + "files (train-images-idx3-ubyte.gz, …), of other sets images or a .npz file"
    throw DiagnosticError(
      kind == "a MATLAB file"
        ? "\(file) is a MATLAB file, which is not read"
        : "\(file) is \(kind): reading it could execute code, so it is never read",
      notes: [.init(hint)])
  }

  private func contents(unless stop: StopCheck) throws -> PixelContents {
    try PixelContents(source, set, definition, declared, unless: stop)
  }

  /// The digest is over the bytes of the archive or the files, and the images of each class.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection
  {
    let files = try source.stamps(unless: stop)
    var stamp = SourceStamp(over: [
      "pixels": .string(source.path.string),
      "files": .list(files.map { [.string($0.path), $0.stamp.value] }),
      "subsets": definition.subsets?.value ?? .null, "classes": declared.value,
      "labels": .string(definition.labels.rawValue),
    ])
    if let known, known.stamp.tellsThatNothingChanged(until: stamp) { return known }
    stamp.tellsChanges = files.allSatisfy { $0.stamp.tellsChanges(from: time.now) }
    let contents = try contents(unless: stop)
    let digests = try files.map { file -> Value in
      [
        .string(file.path),
        .string(try contentDigest(of: source.path(of: file.path), unless: stop).hexadecimal),
      ]
    }
    var summary = DatasetSummary(
      digest: contents.index.digest(with: Value.list(digests).fingerprint), index: contents.index,
      headers: HeaderSurvey(), digests: [:])
    summary.imageSize = .of(contents.size)
    // A list of images would say nothing about a few files.
    summary.files = nil
    return (stamp, summary)
  }

  func open(unless stop: StopCheck) throws -> any PackingInput {
    let contents = try contents(unless: stop)
    return PixelInput(contents, try source.walk(unless: stop))
  }
}

/// Where the files of a binary set are.
enum PixelSource: Sendable {
  case folder(FilePath)
  case archive(FilePath, FileStamp)

  var path: FilePath {
    switch self {
    case .folder(let path), .archive(let path, _): path
    }
  }

  /// The path of one of `stamps`.
  func path(of file: String) -> FilePath {
    if case .folder(let folder) = self { folder.pushing(FilePath(file)) } else { path }
  }

  /// The number of bytes by which a format is recognized.
  static let startLength = 1 << 16

  /// The maximum number of files that are looked at: sets have few besides their images.
  private static let mostExamined = 64

  /// The first file that is no note or text: in a folder, before those in folders in it. `nil` if there is none, and where
  /// images in class folders follow.
  func firstFile(
    _ subsets: DatasetSubsets, unless stop: StopCheck
  ) throws -> (path: String, start: [UInt8])? {
    switch self {
    case .folder(let folder):
      let names = Set(
        subsets.places.compactMap { DatasetLayout.components($0.place.path ?? ".").first })
      return try PixelSource.firstFile(
        in: folder, below: "", notBeside: names, levels: 3, unless: stop)
    case .archive(let path, _):
      let walk = try FileWalk(archive: path, unless: stop)
      var first: (path: String, start: [UInt8])?
      for _ in 0..<PixelSource.mostExamined {
        guard let file = try walk.next() else { break }
        guard let start = try PixelSource.start(of: file) else { continue }
        guard let set = pixelSets.first(where: { $0.recognizes(start) }) else {
          guard ImageDecoder.canRead(start), first != nil else {
            return first ?? (file.path, start)
          }
          if file.path.split(separator: "/").count > 2 { return nil }
          continue
        }
        first = first ?? (file.path, start)
        if !set.accompaniesImages { break }
      }
      return first
    }
  }

  /// - Parameter names: of folders of subsets; where one of them is, so are images.
  private static func firstFile(
    in folder: FilePath, below prefix: String, notBeside names: Set<Substring>, levels: Int,
    unless stop: StopCheck
  ) throws -> (path: String, start: [UInt8])? {
    var folders: [String] = []
    var files: [String] = []
    for name in try LocalFileSystem().names(in: folder) where !PassedOver.isHidden(name) {
      try stop.check()
      switch try LocalFileSystem().status(of: folder.appending(name))?.kind {
      case .folder?: folders.append(name)
      case .file?: if files.count < mostExamined { files.append(name) }
      default: break
      }
      // Of a large folder of images, the first ones suffice.
      if folders.isEmpty, files.count == mostExamined { break }
    }
    if folders.contains(where: { names.contains($0[...]) }) { return nil }
    func firstBelow() throws -> (path: String, start: [UInt8])? {
      guard levels > 0 else { return nil }
      for name in folders.prefix(mostExamined) {
        let found = try firstFile(
          in: folder.appending(name), below: "\(prefix)\(name)/", notBeside: names,
          levels: levels - 1, unless: stop)
        if let found { return found }
      }
      return nil
    }
    for name in files {
      let walk = FileWalk(folder: folder, files: [name], unless: stop)
      guard let file = try walk.next(), let start = try start(of: file) else { continue }
      let accompaniesImages = pixelSets.contains { $0.accompaniesImages && $0.recognizes(start) }
      if accompaniesImages, let below = try firstBelow(), ImageDecoder.canRead(below.start) {
        return nil
      }
      return (prefix + file.path, start)
    }
    return try firstBelow()
  }

  /// The first bytes of a file; `nil` for notes and texts.
  private static func start(of file: FileWalk.File) throws -> [UInt8]? {
    let start = try file.reader.start(count: startLength)
    let kind = FileKind.name(of: start) ?? ""
    if PassedOver.isNote(file.path), kind != "a MATLAB file" { return nil }
    return kind == "empty" || kind.contains("text") || kind == "an HTML page" ? nil : start
  }

  /// The files that a change of the set changes.
  func stamps(unless stop: StopCheck) throws -> [(path: String, stamp: FileStamp)] {
    switch self {
    case .archive(let path, let stamp): return [(path.string, stamp)]
    case .folder(let folder):
      return try FolderListing(folder, unless: stop).files.map { ($0.path, $0.stamp) }
    }
  }

  func walk(unless stop: StopCheck) throws -> FileWalk {
    switch self {
    case .archive(let path, _): return try FileWalk(archive: path, unless: stop)
    case .folder(let folder):
      return FileWalk(
        folder: folder, files: try FolderListing(folder, unless: stop).files.map(\.path),
        unless: stop)
    }
  }
}

/// The images of a binary set in the natural order, by the number of their record.
private struct PixelInput: PackingInput {
  let index: DatasetIndex
  private let tables: [String: PixelTable]
  /// By name.
  private let positions: [String: Int]
  private let walk: FileWalk
  private var current: (table: PixelTable, stream: ByteStream, next: Int)?
  private var read: Set<String> = []

  init(_ contents: PixelContents, _ walk: FileWalk) {
    index = contents.index
    tables = contents.images
    positions = Dictionary(
      uniqueKeysWithValues: contents.index.paths.enumerated().map { ($1, $0) })
    self.walk = walk
  }

  mutating func next(count: Int, bytes: Int) throws -> [PackingItem] {
    var items: [PackingItem] = []
    var length = 0
    while items.count < count, length < bytes {
      guard let item = try nextItem() else { break }
      length += item.length
      items.append(item.item)
    }
    return items
  }

  private mutating func nextItem() throws -> (item: PackingItem, length: Int)? {
    while true {
      guard case (let table, var stream, let number)? = current else {
        guard let file = try walk.next() else { return nil }
        guard let table = tables[file.path], read.insert(file.path).inserted else { continue }
        var stream = ByteStream(file)
        _ = try stream.read(table.headerLength)
        current = (table, stream, 0)
        continue
      }
      let record = try stream.read(table.recordLength)
      current = (table, stream, number + 1)
      guard record.count == table.recordLength, table.count.map({ number < $0 }) ?? true,
        let layout = table.image
      else {
        current = nil
        continue
      }
      let name = table.name(of: number)
      guard let position = positions[name] else { continue }
      return (
        PackingItem(
          positions: [position], name: name, content: .pixels { layout.image(record) }),
        record.count
      )
    }
  }
}
