import Glibc
import SystemPackage

/// An open file for reading and writing at any offset: each operation is done completely, or throws an error that names
/// the file. Closed at the end of its lifetime.
///
/// For files that are too large for one piece in memory, and those that are written over a longer time. Everything else is
/// read and written by the operations of `FileSystem`.
package final class OpenFile {
  package let path: FilePath
  private let calls: any FileCalls
  private var isOpen = true

  fileprivate init(_ path: FilePath, _ calls: any FileCalls) {
    self.path = path
    self.calls = calls
  }

  deinit { if isOpen { try? calls.close() } }

  /// The size in bytes.
  ///
  /// - Throws: `DiagnosticError` also for anything but a regular file.
  package func size() throws(DiagnosticError) -> Int {
    let status = try perform("read") { () throws(Errno) in try calls.status() }
    switch status.kind {
    case .file: return status.size
    case .folder: throw DiagnosticError(operation: "read", path, because: .isDirectory)
    case .link, .other: throw DiagnosticError("cannot read '\(path)': it is not a file")
    }
  }

  /// Reads from an offset until the buffer is full, or the file ends.
  ///
  /// - Returns: the number of bytes read.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(DiagnosticError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let read = try perform("read") { () throws(Errno) in
        try calls.read(into: rest, at: offset + filled)
      }
      if read == 0 { break }
      filled += read
    }
    return filled
  }

  /// The bytes in a range, fewer where the file ends.
  package func bytes(in range: Range<Int>) throws(DiagnosticError) -> [UInt8] {
    var problem: DiagnosticError?
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      let space = UnsafeMutableRawBufferPointer(
        start: buffer.baseAddress, count: min(buffer.count, range.count))
      do throws(DiagnosticError) { count = try read(into: space, at: range.lowerBound) } catch {
        problem = error
      }
    }
    if let problem { throw problem }
    return bytes
  }

  /// Writes to an offset.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiagnosticError) {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = try perform("write") { () throws(Errno) in
        try calls.write(rest, at: offset + written)
      }
      // A device that takes nothing would be asked forever.
      guard count > 0 else { throw DiagnosticError(operation: "write", path, because: .ioError) }
      written += count
    }
  }

  /// Writes to an offset.
  package func write(_ bytes: [UInt8], at offset: Int) throws(DiagnosticError) {
    var problem: DiagnosticError?
    bytes.withUnsafeBytes { bytes in
      do throws(DiagnosticError) { try write(bytes, at: offset) } catch { problem = error }
    }
    if let problem { throw problem }
  }

  /// Cuts the file, or fills it with zeros.
  package func resize(to size: Int) throws(DiagnosticError) {
    try perform("write") { () throws(Errno) in try calls.resize(to: size) }
  }

  /// Begins to bring a range of the content to disk, without waiting. Call it for a file that is written over a longer time,
  /// so that synchronizing it takes less at the end.
  package func beginSynchronizing(_ range: Range<Int>) { calls.beginSynchronizing(range) }

  /// Waits until the content is on disk. Some disks, especially remote ones, report only now that they are full.
  package func synchronize() throws(DiagnosticError) {
    try perform("write") { () throws(Errno) in try calls.synchronize() }
  }

  /// Closes the file. Some file systems report a failed write only now, unless the content has been synchronized.
  package func close() throws(DiagnosticError) {
    precondition(isOpen, "a file is closed once")
    isOpen = false
    do throws(Errno) { try calls.close() } catch {
      // If a signal interrupts closing, the file is closed nevertheless on Linux.
      if error != .interrupted {
        throw DiagnosticError(operation: "write", path, because: error)
      }
    }
  }

  fileprivate func map() throws(DiagnosticError) -> MappedFile {
    let size = try size()
    guard size > 0 else { return .empty }
    return try perform("map") { () throws(Errno) in try calls.map(size: size) }
  }

  /// Performs a call, again as long as signals interrupt it.
  private func perform<Result>(
    _ operation: String, _ call: () throws(Errno) -> Result
  ) throws(DiagnosticError) -> Result {
    try repeated(operation, path, call)
  }
}

private func repeated<Result>(
  _ operation: String, _ path: FilePath, _ call: () throws(Errno) -> Result
) throws(DiagnosticError) -> Result {
  while true {
    do throws(Errno) { return try call() } catch {
      if error != .interrupted {
        throw DiagnosticError(operation: operation, path, because: error)
      }
    }
  }
}

extension FileUse {
  /// What opening a file is called in messages.
  fileprivate var operation: String {
    switch self {
    case .reading: "read"
    case .changing: "write"
    case .writing, .replacing, .creating: "create"
    }
  }
}

extension FileSystem {
  /// Opens a file.
  package func open(_ path: FilePath, for use: FileUse) throws(DiagnosticError) -> OpenFile {
    let opened = try repeated(use.operation, path) {
      () throws(Errno) -> any FileCalls in try calls(on: path, for: use)
    }
    return OpenFile(path, opened)
  }

  /// Atomically creates or replaces a file, as `write(_:to:)` does, with content that comes in pieces.
  ///
  /// - Parameter body: is given a function that appends a piece.
  /// - Throws: what `body` throws; `DiagnosticError`.
  package func write(
    to path: FilePath, _ body: (_ put: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    let temporary = TemporaryFiles.newPath(beside: path)
    do {
      let file = try open(temporary, for: .creating)
      var size = 0
      try body { piece in
        try file.write(piece, at: size)
        size += piece.count
      }
      try file.synchronize()
      try file.close()
      try move(temporary, to: path)
    } catch {
      // If it cannot be removed now, the next process that writes to the folder removes it.
      try? remove(temporary)
      throw (error as? DiagnosticError)?.reworded {
        $0.replacing(temporary.string, with: path.string)
      } ?? error
    }
  }

  /// Maps a whole file to memory.
  ///
  /// - Throws: `DiagnosticError` also for anything but a regular file.
  package func map(_ path: FilePath) throws(DiagnosticError) -> MappedFile {
    try open(path, for: .reading).map()
  }
}
