import Basics
import SystemPackage

/// Tells how much of a file that takes long to write is done, and on the disk: whoever finds both after a
/// crash resumes from there.
///
/// It lies beside the file and holds what its writer needs to know, in JSON.
struct Bookmark {
  private let path: FilePath
  private let interval: Double
  private let time: any TimeSource
  private var last: Double

  /// - Parameter interval: seconds between two bookmarks.
  init(of file: FilePath, interval: Double, time: any TimeSource) {
    path = FilePath(file.string + ".bookmark")
    self.interval = interval
    self.time = time
    last = time.now
  }

  /// What was noted last; `nil` where there is nothing that can be read.
  func read() throws -> Value? {
    guard let bytes = try LocalFileSystem().contents(of: path) else { return nil }
    return try? Value(json: bytes)
  }

  /// Whether it is time for another one.
  var isDue: Bool { time.now - last >= interval }

  /// Notes how much is done; all of it must be on the disk.
  mutating func write(_ content: Value) throws {
    try LocalFileSystem().write(content.json() + "\n", to: path)
    last = time.now
  }

  /// Removes the note: what it tells of is about to change.
  func remove() throws { try LocalFileSystem().remove(path) }
}
