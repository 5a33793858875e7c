import SystemPackage

/// How a file is opened.
package enum FileUse: Hashable, Sendable {
  case reading
  /// Reading and writing; a file that does not exist is created.
  case writing
  /// The same, but existing content is discarded.
  case replacing
  /// The same for a file that must not exist.
  case creating
  /// Reading and writing; the file must exist.
  case changing
}

/// The system's calls on an open file, one by one: a call may be interrupted by a signal, and may read or write less
/// than it was asked to. `OpenFile` performs whole operations.
///
/// A file must not be used by two threads at the same time.
package protocol FileCalls: Sendable {
  func status() throws(Errno) -> FileStatus

  /// Reads from an offset.
  ///
  /// - Returns: the number of bytes read, 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int

  /// Writes to an offset. Gaps between the end of the file and the offset are filled with zeros.
  ///
  /// - Returns: the number of bytes written.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int

  /// Cuts the file, or fills it with zeros.
  func resize(to size: Int) throws(Errno)

  /// Begins to bring a range of the content to disk, without waiting: less is left for `synchronize`, which reports what
  /// fails.
  func beginSynchronizing(_ range: Range<Int>)

  /// Waits until the content is on disk.
  func synchronize() throws(Errno)

  /// Maps the first `size` bytes of a file that is not empty.
  func map(size: Int) throws(Errno) -> MappedFile

  /// Closes the file, once. It is closed even if that fails.
  func close() throws(Errno)
}

extension FileCalls {
  package func beginSynchronizing(_ range: Range<Int>) {}
}

/// The content of a file, mapped to memory for reading.
///
/// The system ends a process by a signal that reads what a file no longer has. No run does that to another: finished files
/// are replaced or removed by name, which leaves what is mapped, and unfinished ones have a single writer, which works in a
/// folder of its own (`Store.takeUnfinishedWork`) and shortens them only where it reads no more of them. Where another
/// program does, or a disk fails, the program says so (`explainBusErrors`).
package final class MappedFile: @unchecked Sendable {
  // Unchecked: the bytes do not change, and have exactly the lifetime of the object.
  package let bytes: UnsafeRawBufferPointer
  private let unmap: @Sendable (UnsafeRawBufferPointer) -> Void

  /// - Parameter unmap: called at the end of the object's lifetime.
  package init(
    _ bytes: UnsafeRawBufferPointer, unmap: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
  ) {
    self.bytes = bytes
    self.unmap = unmap
  }

  deinit { unmap(bytes) }

  /// The content of an empty file, which cannot be mapped.
  package static var empty: MappedFile {
    MappedFile(UnsafeRawBufferPointer(start: nil, count: 0)) { _ in }
  }
}
