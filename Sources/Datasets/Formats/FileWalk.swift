import Archives
import Basics
import SystemPackage

/// The files of a folder or an archive, one after another, decompressed; hidden ones and system files are left out.
final class FileWalk {
  private enum Place {
    case folder(FilePath, files: ArraySlice<String>)
    case archive(ArchiveReader, FilePath)
  }

  /// A file at its beginning.
  struct File {
    /// In the folder or archive, without the ending of its compression.
    var path: String
    let reader: ArchiveReader
    /// The length of its content in bytes; `nil` if it is not known in advance.
    var size: Int?
  }

  private var place: Place
  private let stop: StopCheck

  init(folder: FilePath, files: [String], unless stop: StopCheck) {
    place = .folder(folder, files: files[...])
    self.stop = stop
  }

  init(archive: FilePath, unless stop: StopCheck) throws {
    place = .archive(try .ofDataset(archive, stop), archive)
    self.stop = stop
  }

  /// The next file; `nil` at the end.
  ///
  /// - Throws: `DiagnosticError` if a file cannot be read or is damaged; `Interrupted`.
  func next() throws -> File? {
    switch place {
    case .folder(let folder, var files):
      while let name = files.popFirst() {
        place = .folder(folder, files: files)
        let path = folder.pushing(FilePath(name))
        let reader = try ArchiveReader(
          path, formats: .single, expectation: "it is read as a file of numbers", stop: stop)
        // An empty file has no entry.
        guard try reader.next() != nil else { continue }
        let start = try LocalFileSystem().start(of: path, count: 8)
        let isCompressed = FileWalk.isCompressed(start)
        return File(
          path: isCompressed ? FileWalk.withoutEnding(name) : name, reader: reader,
          size: isCompressed ? nil : try LocalFileSystem().status(of: path)?.size)
      }
      return nil
    case .archive(let reader, let archive):
      while let entry = try reader.next() {
        guard case .file = entry.kind, entry.isNamed,
          !entry.path.split(separator: "/").contains(where: PassedOver.isHidden)
        else { continue }
        guard FileWalk.isCompressed(try reader.start(count: 8)) else {
          return File(path: entry.path, reader: reader, size: entry.size)
        }
        let inner = try ArchiveReader(
          entryOf: reader, entry, archive.pushing(FilePath(entry.path)), formats: .single,
          expectation: "it is read as a compressed file")
        guard try inner.next() != nil else { continue }
        return File(path: FileWalk.withoutEnding(entry.path), reader: inner, size: nil)
      }
      return nil
    }
  }

  private static func isCompressed(_ start: [UInt8]) -> Bool {
    ["a gzip file", "a bzip2 file", "an xz file", "a zstd file"].contains(FileKind.name(of: start))
  }

  private static func withoutEnding(_ path: String) -> String {
    guard let dot = path.lastIndex(of: "."), dot != path.startIndex else { return path }
    return String(path[..<dot])
  }
}

/// The content of a file, read from its beginning in any portions.
struct ByteStream {
  private let reader: ArchiveReader
  private var piece: [UInt8] = []
  private var position = 0
  /// The number of bytes read.
  private(set) var count = 0

  init(_ file: FileWalk.File) { reader = file.reader }

  /// The next bytes, fewer at the end.
  ///
  /// - Throws: `DiagnosticError` if the file is damaged; `Interrupted`.
  mutating func read(_ wanted: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    // Of what a file claims, only as much is reserved as a piece has.
    while bytes.count < wanted {
      if position == piece.count {
        guard let next = try reader.piece() else { break }
        piece = next
        position = 0
      }
      let end = min(piece.count, position + wanted - bytes.count)
      bytes += piece[position..<end]
      position = end
    }
    count += bytes.count
    return bytes
  }

  /// Reads to the end.
  ///
  /// - Returns: the number of bytes, or a larger number than `most` if there are more.
  mutating func skip(atMost most: Int) throws -> Int {
    var skipped = piece.count - position
    piece = []
    position = 0
    while skipped <= most, let next = try reader.piece() { skipped += next.count }
    count += skipped
    return skipped
  }
}
