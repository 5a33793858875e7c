import Archives
import Basics
import Definitions
import Glibc
import SystemPackage

/// A folder of archives: each subset is an archive, or several, in which archives are read as folders (ILSVRC2012 as
/// distributed, shards of WebDataset). Some of the subsets may be folders.
struct ArchivesFormat: DatasetFormat {
  private let folder: FilePath
  private let rules: LayoutRules
  private let orientation: DatasetDefinition.Orientation
  /// By subset; several for a pattern.
  private let links: [ArchiveChain.Link]
  private let stamps: [Value]
  private let stampsOfFiles: [FileStamp]

  init?(_ place: DatasetPlace, of definition: DatasetDefinition, unless stop: StopCheck) throws {
    guard case .folder(let folder) = place, let subsets = definition.subsets else { return nil }
    let places = Set(subsets.places.compactMap(\.place.path)).sorted(by: utf8Order)
    let groups = try places.map { place in
      (place, try ArchivePattern(place).map { try $0.paths(in: folder) })
    }
    let files = LocalFileSystem()
    func isFile(_ path: FilePath) throws -> Bool { try files.status(of: path)?.kind == .file }
    let areArchives = try groups.map { place, paths in
      try paths != nil || isFile(folder.pushing(FilePath(place)))
    }
    guard areArchives.contains(true) else { return nil }
    self.folder = folder
    rules = try LayoutRules(definition)
    orientation = definition.orientation
    links = zip(groups, areArchives).flatMap { group, isArchive -> [ArchiveChain.Link] in
      let prefix = DatasetLayout.components(group.0).joined(separator: "/")
      guard let paths = group.1 else {
        return [
          .init(
            prefix: prefix, path: folder.pushing(FilePath(prefix)), isFolder: !isArchive)
        ]
      }
      return paths.map { .init(prefix: prefix, path: $0, isShard: true) }
    }
    try ArchivesFormat.checkDistinct(links, subsets)
    var stamps: [Value] = []
    var own: [FileStamp] = []
    for link in links {
      if link.isFolder {
        for file in try FolderListing(link.path, unless: stop).files {
          own.append(file.stamp)
          stamps.append([.string(link.prefix), .string(file.path), file.stamp.value])
        }
      } else {
        guard let status = try files.status(of: link.path) else {
          throw DiagnosticError("'\(link.path)' does not exist")
        }
        own.append(FileStamp(status))
        stamps.append([.string(link.path.string), FileStamp(status).value])
      }
    }
    self.stamps = stamps
    stampsOfFiles = own
  }

  /// Checks that no archive is in two subsets.
  private static func checkDistinct(_ links: [ArchiveChain.Link], _ subsets: DatasetSubsets) throws
  {
    var prefixes: [String: String] = [:]
    var shared: [String] = []
    var places: Set<String> = []
    for link in links where !link.isFolder {
      let path = link.path.lexicallyNormalized().string
      if let other = prefixes.updateValue(link.prefix, forKey: path), other != link.prefix {
        shared.append(link.path.lastComponent?.string ?? path)
        places.formUnion([other, link.prefix])
      }
    }
    guard !shared.isEmpty else { return }
    let portions = subsets.places.filter {
      places.contains(DatasetLayout.components($0.place.path ?? ".").joined(separator: "/"))
    }.map { "'\($0.portion.rawValue)'" }
    throw DiagnosticError(
      "\(shared.count == 1 ? "an archive is" : "\(shared.count) archives are") in \(portions.joined(separator: " and ")): "
        + quoted(shared.sorted(by: utf8Order)))
  }

  private func chain(_ stop: StopCheck) -> ArchiveChain {
    ArchiveChain(links, opensArchives: true, unless: stop)
  }

  private func contents(
    examining headers: HeaderCollector? = nil, unless stop: StopCheck
  ) throws -> ArchiveContents {
    var rules = rules
    try rules.readLists()
    return try ArchiveContents(
      chain(stop), name: folder, kind: "dataset", rules, examining: headers, unless: stop)
  }

  /// The digest is over the bytes of the archives, and the paths and files of folders.
  func inspect(known: Inspection?, time: any TimeSource, unless stop: StopCheck) throws
    -> Inspection
  {
    var stamp = SourceStamp(over: [
      "archives": .list(stamps), "folder": .string(folder.string), "rules": rules.stamp ?? .null,
    ])
    if let known, known.stamp.tellsThatNothingChanged(until: stamp) { return known }
    stamp.tellsChanges =
      stampsOfFiles.allSatisfy { $0.tellsChanges(from: time.now) }
      && rules.tellChanges(from: time.now)
    let contents = try contents(examining: HeaderCollector(orientation), unless: stop)
    let digests = try links.flatMap { link -> [Value] in
      guard link.isFolder else {
        return [
          [
            .string(link.prefix),
            .string(try contentDigest(of: link.path, unless: stop).hexadecimal),
          ]
        ]
      }
      return try FolderListing(link.path, unless: stop).files.map { file in
        let digest = try contentDigest(of: link.path.pushing(FilePath(file.path)), unless: stop)
        return [.string("\(link.prefix)/\(file.path)"), .string(digest.hexadecimal)]
      }
    }
    return (
      stamp,
      DatasetSummary(
        digest: rules.digest(of: Value.list(digests).fingerprint, contents.index),
        index: contents.index, headers: contents.headers, digests: [:])
    )
  }

  func open(unless stop: StopCheck) throws -> any PackingInput {
    ArchiveInput(try contents(unless: stop), chain(stop))
  }
}

/// Several archives by one name: `train-{000000..000146}.tar`.
struct ArchivePattern {
  private let start: Substring
  private let end: Substring
  private let range: ClosedRange<Int>
  private let width: Int

  /// The maximum number of archives.
  static let most = 1_000_000

  /// - Returns: `nil` for a name without braces.
  /// - Throws: `DiagnosticError` for braces that contain no range.
  init?(_ text: String) throws(DiagnosticError) {
    guard let open = text.firstIndex(of: "{") else { return nil }
    func problem() -> DiagnosticError {
      DiagnosticError(
        "'\(text)' is not a pattern of archives",
        notes: [
          .init("for example 'train-{000000..000146}.tar', with as many digits on both sides")
        ])
    }
    guard let close = text[open...].firstIndex(of: "}"), !text[close...].contains("{") else {
      throw problem()
    }
    let inside = text[text.index(after: open)..<close]
    let numbers = inside.split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 3, numbers[1].isEmpty, let first = numbers.first,
      let last = numbers.last,
      [first, last].allSatisfy({ $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } && $0.utf8.count <= 9 }),
      let low = Int(first), let high = Int(last), low <= high, high - low < ArchivePattern.most,
      first.utf8.count == last.utf8.count || !first.hasPrefix("0")
    else { throw problem() }
    start = text[..<open]
    end = text[text.index(after: close)...]
    range = low...high
    width = first.utf8.count
  }

  /// All archives in a folder.
  ///
  /// - Throws: `DiagnosticError` that names the missing ones.
  func paths(in folder: FilePath) throws -> [FilePath] {
    let paths = range.map { number -> FilePath in
      let digits = String(number)
      let zeros = String(repeating: "0", count: max(0, width - digits.utf8.count))
      return folder.pushing(FilePath("\(start)\(zeros)\(digits)\(end)"))
    }
    let missing = try paths.filter { try LocalFileSystem().status(of: $0)?.kind != .file }
    guard missing.isEmpty else {
      throw DiagnosticError(
        "\(missing.count) of \(paths.count) archives do not exist in '\(folder)': "
          + quoted(missing.compactMap(\.lastComponent?.string)))
    }
    return paths
  }
}
