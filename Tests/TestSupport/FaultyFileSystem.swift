import Basics
import SystemPackage

/// A file system one call of which fails, is interrupted, or does half of what it was asked to.
///
/// Every operation counts as one call, and so does every call on an open file.
package final class FaultyFileSystem: FileSystem {
  package enum Fault: Sendable {
    /// The call with this number, from 1, fails.
    case once(Int, Errno)
    /// It fails, and all later calls too.
    case from(Int, Errno)
    /// From this call on, the disk is full: what takes space fails.
    case full(from: Int)
    /// If it reads or writes, it transfers half of the bytes, and at least one.
    case half(Int)
    /// The content of a file cannot be read.
    case unreadable(FilePath)
    /// This user may neither look at a file nor read it, nor anything in it if it is a folder.
    case denied(FilePath)
  }

  private let base: any FileSystem
  private let fault: Fault?
  private let made = Guarded(0)

  /// - Parameter base: does the work.
  package init(_ base: any FileSystem, _ fault: Fault?) {
    self.base = base
    self.fault = fault
  }

  /// The number of calls so far.
  package var calls: Int { made.withLock { $0 } }

  /// Counts a call.
  ///
  /// - Returns: the number of bytes that it may transfer.
  @discardableResult
  fileprivate func call(_ bytes: Int = 0, takesSpace: Bool = false) throws(Errno) -> Int {
    let number = made.withLock {
      $0 += 1
      return $0
    }
    switch fault {
    case .once(let failing, let reason) where number == failing: throw reason
    case .from(let failing, let reason) where number >= failing: throw reason
    case .full(let first) where number >= first && takesSpace: throw .noSpace
    case .half(let failing) where number == failing: return max(min(1, bytes), bytes / 2)
    default: return bytes
    }
  }

  private func checkReading(_ path: FilePath) throws(Errno) {
    if case .unreadable(path) = fault { throw .ioError }
  }

  private func operation(_ name: String, _ path: FilePath) throws(DiagnosticError) {
    let takesSpace = name == "write" || name == "create folder"
    do throws(Errno) {
      try call(takesSpace: takesSpace)
      if name == "read" { try checkReading(path) }
      if case .denied(let denied) = fault, path.starts(with: denied) { throw .permissionDenied }
    } catch {
      // Operations deal with interruptions on their own.
      if error != .interrupted { throw DiagnosticError(operation: name, path, because: error) }
    }
  }
}

extension FaultyFileSystem {
  package func status(
    of path: FilePath, followingLinks: Bool
  ) throws(DiagnosticError) -> FileStatus? {
    try operation("look at", path)
    return try base.status(of: path, followingLinks: followingLinks)
  }

  package func contents(of path: FilePath) throws(DiagnosticError) -> [UInt8]? {
    try operation("read", path)
    return try base.contents(of: path)
  }

  package func read(
    _ path: FilePath, piecewise body: (UnsafeRawBufferPointer) -> Bool
  ) throws(DiagnosticError) {
    try operation("read", path)
    try base.read(path, piecewise: body)
  }

  package func names(in folder: FilePath) throws(DiagnosticError) -> [String] {
    try operation("list", folder)
    return try base.names(in: folder)
  }

  package func write(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError) {
    try operation("write", path)
    try base.write(bytes, to: path)
  }

  package func create(_ bytes: [UInt8], at path: FilePath) throws(DiagnosticError) -> Bool {
    try operation("write", path)
    return try base.create(bytes, at: path)
  }

  package func touch(_ path: FilePath) throws(DiagnosticError) -> Bool {
    try operation("write", path)
    return try base.touch(path)
  }

  package func append(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError) {
    try operation("write", path)
    try base.append(bytes, to: path)
  }

  package func makeFolder(_ path: FilePath) throws(DiagnosticError) {
    try operation("create folder", path)
    try base.makeFolder(path)
  }

  package func makePassingFolder(_ path: FilePath) throws(DiagnosticError) {
    try operation("create folder", path)
    try base.makePassingFolder(path)
  }

  package func seal(_ path: FilePath) throws(DiagnosticError) {
    try operation("write", path)
    try base.seal(path)
  }

  package func move(_ path: FilePath, to target: FilePath) throws(DiagnosticError) {
    try operation("write", target)
    try base.move(path, to: target)
  }

  package func rename(_ path: FilePath, to target: FilePath) throws(DiagnosticError) {
    try operation("write", target)
    try base.rename(path, to: target)
  }

  package func link(_ path: FilePath, to name: FilePath) throws(DiagnosticError) -> Bool {
    try operation("write", name)
    return try base.link(path, to: name)
  }

  package func offer(_ path: FilePath, as name: FilePath) throws(DiagnosticError) -> NameOffer {
    try operation("write", name)
    return try base.offer(path, as: name)
  }

  package func remove(_ path: FilePath) throws(DiagnosticError) {
    try operation("remove", path)
    try base.remove(path)
  }

  package func synchronizeNames(in folder: FilePath) throws(DiagnosticError) {
    try operation("write", folder)
    try base.synchronizeNames(in: folder)
  }

  package func calls(on path: FilePath, for use: FileUse) throws(Errno) -> any FileCalls {
    try call(takesSpace: use != .reading)
    if use == .reading { try checkReading(path) }
    return FaultyFile(base: try base.calls(on: path, for: use), disk: self)
  }
}

private struct FaultyFile: FileCalls {
  let base: any FileCalls
  let disk: FaultyFileSystem

  func status() throws(Errno) -> FileStatus {
    try disk.call()
    return try base.status()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
    let count = try disk.call(buffer.count)
    return try base.read(into: .init(rebasing: buffer[..<count]), at: offset)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int {
    let count = try disk.call(bytes.count, takesSpace: true)
    return try base.write(.init(rebasing: bytes[..<count]), at: offset)
  }

  func resize(to size: Int) throws(Errno) {
    try disk.call()
    try base.resize(to: size)
  }

  func beginSynchronizing(_ range: Range<Int>) { base.beginSynchronizing(range) }

  func synchronize() throws(Errno) {
    try disk.call()
    try base.synchronize()
  }

  func map(size: Int) throws(Errno) -> MappedFile {
    try disk.call()
    return try base.map(size: size)
  }

  /// The file is closed in any case.
  func close() throws(Errno) {
    try base.close()
    try disk.call()
  }
}

extension FaultyFileSystem.Fault {
  /// Whether the fault must not be noticed at all.
  package var isHarmless: Bool {
    switch self {
    case .once(_, .interrupted), .half: true
    default: false
    }
  }
}

/// The faults of a call, one of each kind.
private func faults(at call: Int) -> [FaultyFileSystem.Fault] {
  [
    .once(call, .ioError), .from(call, .ioError), .once(call, .noSpace), .full(from: call),
    .once(call, .interrupted), .half(call),
  ]
}

/// Repeats some work with a fault in its first call, its second, and so on, until all have had theirs, for each kind of
/// fault.
///
/// - Parameter body: given a fault, does the work, and returns the number of calls that it made.
/// - Returns: the number of calls without faults, and of faults.
@discardableResult
package func withEachFault(
  _ body: (FaultyFileSystem.Fault) throws -> Int
) rethrows -> (calls: Int, faults: Int) {
  var (call, tried) = (1, 0)
  while true {
    var most = 0
    for fault in faults(at: call) {
      most = max(most, try body(fault))
      tried += 1
    }
    // No fault came.
    if most < call { return (call - 1, tried) }
    call += 1
  }
}
