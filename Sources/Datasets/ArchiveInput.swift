import Archives
import Basics
import SystemPackage

/// An archive of images as a source to pack from: read twice, once for the names and once for the
/// content, so that no more than a few encoded images are ever held.
struct ArchiveInput: PackingInput {
  let index: DatasetIndex
  /// Where the file of a path inside the archive goes; several places where links name one file.
  private let positions: [String: [Int]]
  private let reader: ArchiveReader

  /// - Throws: `DiagnosticError` where the archive cannot be read, is damaged or is no dataset; `Interrupted`.
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
