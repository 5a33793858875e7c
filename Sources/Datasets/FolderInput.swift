import Basics
import SystemPackage

/// A folder of images as a source to pack from.
struct FolderInput: PackingInput {
  let index: DatasetIndex
  private let folder: FilePath
  private let paths: [String]
  private var position = 0

  /// - Throws: `DiagnosticError` where the folder cannot be read or is no dataset;
  ///   `Interrupted`.
  init(_ folder: FilePath, skipsUnreadable: Bool, unless stop: StopCheck) throws {
    index = try FolderListing(folder, unless: stop).index(
      of: folder.string, skipsUnreadable: skipsUnreadable)
    paths = index.paths
    self.folder = folder
  }

  mutating func next(count: Int, bytes: Int) -> [PackingItem] {
    // Files are mapped when they are decoded: nothing of them is held here, whatever their length.
    let end = min(position + count, paths.count)
    defer { position = end }
    return (position..<end).map { position in
      PackingItem(
        positions: [position], name: paths[position],
        content: .file(folder.pushing(FilePath(paths[position]))))
    }
  }
}
