import Basics
import SystemPackage

/// Records how much of a large file is complete and on disk, so that writing can resume after a crash.
///
/// It is stored next to the file, as JSON, with everything that the writer needs to know.
struct Bookmark {
  private let path: FilePath
  private let interval: Double
  private let time: any TimeSource
  private let fileSystem: any FileSystem
  private var last: Double

  /// - Parameter interval: seconds between two bookmarks.
  init(
    of file: FilePath, interval: Double, time: any TimeSource, on fileSystem: any FileSystem
  ) {
    path = FilePath(file.string + ".bookmark")
    self.interval = interval
    self.time = time
    self.fileSystem = fileSystem
    last = time.now
  }

  /// The last bookmark; `nil` if there is none, or it cannot be read.
  func read() throws -> Value? {
    do throws(DiagnosticError) {
      return try fileSystem.contents(of: path).flatMap { try? Value(json: $0) }
    } catch {
      guard error.makesUnreadable else { throw error }
      return nil
    }
  }

  /// Whether the next bookmark is due.
  var isDue: Bool { time.now - last >= interval }

  /// Records progress; everything it covers must be on disk.
  mutating func write(_ content: Value) throws {
    try fileSystem.write(content.json() + "\n", to: path)
    last = time.now
  }

  /// Removes the bookmark, because the file is about to change.
  func remove() throws { try fileSystem.remove(path) }
}
