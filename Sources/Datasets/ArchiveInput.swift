import Basics
import SystemPackage

/// An archive of images as a source to pack from: read twice, once for the names and once for the
/// content, so that no more than a few encoded images are ever held.
struct ArchiveInput: PackingInput {
  let index: DatasetIndex
  /// Where the file of a path inside the archive goes; several places where links name one file.
  private let positions: [String: [Int]]
  private let reader: ArchiveReader

  /// - Throws: `DiagnosticError` where the archive cannot be read, is damaged or is no dataset.
  init(_ archive: FilePath) throws {
    let contents = try ArchiveContents(archive)
    index = try contents.index(source: archive.string)
    var positions: [String: [Int]] = [:]
    for (position, path) in index.paths.enumerated() {
      positions[contents.links[path] ?? path, default: []].append(position)
    }
    self.positions = positions
    reader = try ArchiveReader(archive)
  }

  mutating func next(count: Int, bytes: Int) throws -> [PackingItem] {
    var items: [PackingItem] = []
    var length = 0
    while items.count < count, length < bytes, let entry = try reader.next() {
      guard case .file = entry.kind, let positions = positions[entry.path] else { continue }
      let content = try reader.content()
      length += content.count
      items.append(
        PackingItem(positions: positions, name: entry.path, content: .encoded(content)))
    }
    return items
  }
}

/// The names in an archive.
struct ArchiveContents {
  private(set) var files: [String] = []
  private(set) var folders: [String] = []
  /// The path of the file that a link's path stands for.
  private(set) var links: [String: String] = [:]

  /// - Throws: `DiagnosticError` where the archive cannot be read, is damaged, or names a file twice.
  init(_ archive: FilePath) throws {
    let reader = try ArchiveReader(archive)
    var seen: Set<String> = []
    while let entry = try reader.next() {
      switch entry.kind {
      case .file:
        guard seen.insert(entry.path).inserted else {
          throw DiagnosticError("archive '\(archive)' holds '\(entry.path)' twice")
        }
        files.append(entry.path)
      case .link(let target):
        guard seen.insert(entry.path).inserted else {
          throw DiagnosticError("archive '\(archive)' holds '\(entry.path)' twice")
        }
        // Links of links lead to the first file: tar writes targets before what links to them.
        let target = links[target] ?? target
        guard seen.contains(target) else {
          throw DiagnosticError(
            "'\(entry.path)' in archive '\(archive)' links to '\(target)', which does not precede it"
          )
        }
        links[entry.path] = target
        files.append(entry.path)
      case .other:
        folders.append(entry.path)
      }
    }
  }

  func index(source: String) throws -> DatasetIndex {
    try DatasetIndex(paths: files, folders: folders, source: source)
  }
}
