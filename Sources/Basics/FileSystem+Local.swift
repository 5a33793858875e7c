import Glibc
import SystemPackage

/// The local file system, through POSIX calls.
package struct LocalFileSystem: FileSystem {
  package init() {}

  package func status(
    of path: FilePath, followingLinks: Bool
  ) throws(DiagnosticError) -> FileStatus? {
    var entry = Glibc.stat()
    let result = path.withPlatformString {
      followingLinks ? stat($0, &entry) : lstat($0, &entry)
    }
    guard result == 0 else {
      let reason = Errno(rawValue: errno)
      if reason.meansAbsent { return nil }
      throw DiagnosticError(operation: "look at", path, because: reason)
    }
    return FileStatus(entry)
  }

  package func status(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> FileStatus? {
    var entry = Glibc.stat()
    guard stat(path, &entry) == 0 else {
      let reason = currentErrno()
      if reason.meansAbsent { return nil }
      throw DiagnosticError(operation: "look at", FilePath(platformString: path), because: reason)
    }
    return FileStatus(entry)
  }

  package func contents(of path: FilePath) throws(DiagnosticError) -> [UInt8]? {
    try perform("read", path, absent: nil) {
      try wholeFile(FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]))
    }
  }

  package func contents(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> [UInt8]? {
    do {
      return try wholeFile(
        FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]))
    } catch {
      guard let reason = error as? Errno else { preconditionFailure("unexpected error: \(error)") }
      if reason.meansAbsent { return nil }
      throw DiagnosticError(operation: "read", FilePath(platformString: path), because: reason)
    }
  }

  package func start(
    at path: UnsafePointer<CChar>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(DiagnosticError) -> Int? {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
      return try file.closing { try file.read(into: buffer) }
    } catch {
      guard let reason = error as? Errno else { preconditionFailure("unexpected error: \(error)") }
      if reason.meansAbsent { return nil }
      throw DiagnosticError(operation: "read", FilePath(platformString: path), because: reason)
    }
  }

  /// At most the first `limit` bytes of a file, a pipe or a device; `nil` if there is no such file.
  package func contents(
    of path: FilePath, upTo limit: Int
  ) throws(DiagnosticError) -> [UInt8]? {
    precondition(limit > 0)
    return try perform("read", path, absent: nil) {
      try reading(path) { try $0.contents(upTo: limit) }
    }
  }

  package func read(
    _ path: FilePath, piecewise body: (UnsafeRawBufferPointer) -> Bool
  ) throws(DiagnosticError) {
    try perform("read", path) {
      try reading(path) { file in
        // Most files are small, and a megabyte of fresh memory takes longer than they do.
        var entry = Glibc.stat()
        guard fstat(file.rawValue, &entry) == 0 else { throw currentErrno() }
        let isSmall = entry.st_mode & S_IFMT == S_IFREG && entry.st_size < 1 << 16
        let buffer = UnsafeMutableRawBufferPointer.allocate(
          byteCount: isSmall ? 1 << 16 : 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
          let read = try file.read(into: buffer)
          if read == 0 || !body(UnsafeRawBufferPointer(rebasing: buffer[..<read])) { return }
        }
      }
    }
  }

  package func names(in folder: FilePath) throws(DiagnosticError) -> [String] {
    try perform("list", folder, absent: []) {
      var reader = try FolderReader(folder)
      var names: [String] = []
      while let name = try reader.next() { names.append(String(decoding: name, as: UTF8.self)) }
      return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }

  package func write(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError) {
    try perform("write", path) {
      // A pipe or a device takes the bytes itself; a file must not take its place.
      if isStream(path) {
        let stream = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec)
        _ = try stream.closing { try stream.writeAll(bytes) }
        return
      }
      let (file, temporary) = try createTemporary(beside: path)
      do {
        try file.closing {
          try file.writeAll(bytes)
          try file.synchronize()
        }
        try renameEntry(temporary, path)
      } catch {
        _ = temporary.withPlatformString { unlink($0) }
        throw error
      }
      try synchronizeFolder(of: path)
    }
  }

  package func create(_ bytes: [UInt8], at path: FilePath) throws(DiagnosticError) -> Bool {
    try perform("write", path) {
      // A run on another machine may consider a suspended process dead, and remove what it was writing.
      for _ in 0..<3 { if let isCreated = try createLinking(bytes, path) { return isCreated } }
      throw Errno.noSuchFileOrDirectory
    }
  }

  package func touch(_ path: FilePath) throws(DiagnosticError) -> Bool {
    try perform("write", path, absent: false) {
      let result = path.withPlatformString { utimensat(AT_FDCWD, $0, nil, 0) }
      if result == 0 { return true }
      let reason = currentErrno()
      guard reason == .permissionDenied || reason == .notPermitted else { throw reason }
      return false
    }
  }

  package func append(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError) {
    try perform("write", path) {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.append, .create, .closeOnExec],
        permissions: .subjectToUmask)
      _ = try file.closing { try file.writeAll(bytes) }
    }
  }

  package func makeFolder(_ path: FilePath) throws(DiagnosticError) {
    try perform("create folder", path) { try makeFolderAndParents(path) }
  }

  package func makePassingFolder(_ path: FilePath) throws(DiagnosticError) {
    try perform("create folder", path) { _ = try makeOneFolder(path) }
  }

  package func seal(_ path: FilePath) throws(DiagnosticError) {
    try perform("write", path) {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      try file.closing {
        guard fchmod(file.rawValue, 0o444) == 0 else { throw currentErrno() }
        try file.synchronize()
      }
    }
  }

  package func seal(_ paths: [FilePath]) -> [FilePath: DiagnosticError] {
    DiskErrands.errors(of: paths) { path throws(DiagnosticError) in
      try LocalFileSystem().seal(path)
    }
  }

  package func move(_ path: FilePath, to target: FilePath) throws(DiagnosticError) {
    try rename(path, to: target)
    try perform("write", target) { try synchronizeFolder(of: target) }
  }

  package func rename(_ path: FilePath, to target: FilePath) throws(DiagnosticError) {
    try perform("write", target) { try renameEntry(path, target) }
  }

  package func link(_ path: FilePath, to name: FilePath) throws(DiagnosticError) -> Bool {
    let result = path.withPlatformString { old in name.withPlatformString { Glibc.link(old, $0) } }
    if result == 0 { return true }
    let reason = currentErrno()
    if Errno.ofMissingLinks.contains(reason) { return false }
    throw DiagnosticError(operation: "write", name, because: reason)
  }

  package func synchronizeNames(in folder: FilePath) throws(DiagnosticError) {
    try perform("write", folder, absent: ()) {
      try reading(folder) { try $0.synchronize() }
    }
  }

  package func synchronizeNames(in folders: [FilePath]) throws(DiagnosticError) {
    try DiskErrands.perform(folders) { folder throws(DiagnosticError) in
      try LocalFileSystem().synchronizeNames(in: folder)
    }
  }

  package func makeFolders(_ paths: [FilePath]) throws(DiagnosticError) {
    try DiskErrands.perform(paths) { path throws(DiagnosticError) in
      try LocalFileSystem().makeFolder(path)
    }
  }

  package func offer(_ path: FilePath, as name: FilePath) throws(DiagnosticError) -> NameOffer {
    try perform("write", name) { try offerName(path, name) }
  }

  package func remove(_ path: FilePath) throws(DiagnosticError) {
    guard let status = try status(of: path, followingLinks: false) else { return }
    if status.kind == .folder {
      for name in try names(in: path) { try remove(path.appending(name)) }
    }
    try perform("remove", path) {
      let result = path.withPlatformString { status.kind == .folder ? rmdir($0) : unlink($0) }
      // Another process may have removed it in the meantime.
      guard result == 0 || errno == ENOENT else { throw currentErrno() }
    }
  }
}

// MARK: - POSIX

/// Performs file operations, and converts the `Errno` of a failed one to an error with a message.
private func perform<Result>(
  _ operation: String, _ path: FilePath, _ body: () throws -> Result
) throws(DiagnosticError) -> Result {
  do { return try body() } catch {
    // Only the calls in this file are performed, and they throw `Errno`.
    guard let reason = error as? Errno else { preconditionFailure("unexpected error: \(error)") }
    throw DiagnosticError(operation: operation, path, because: reason)
  }
}

/// The same, with a result for entries that do not exist.
private func perform<Result>(
  _ operation: String, _ path: FilePath, absent: Result, _ body: () throws -> Result
) throws(DiagnosticError) -> Result {
  try perform(operation, path) {
    do { return try body() } catch let reason as Errno where reason.meansAbsent { return absent }
  }
}

private func currentErrno() -> Errno { Errno(rawValue: errno) }

extension Errno {
  /// Whether a call failed because there is no such entry.
  fileprivate var meansAbsent: Bool { self == .noSuchFileOrDirectory || self == .notDirectory }

  /// Reasons for which a file cannot have another name.
  fileprivate static let ofMissingLinks: [Errno] = [
    .notPermitted, .notSupportedOnSocket, .noFunction, .tooManyLinks,
  ]
}

extension FileDescriptor {
  /// At most `limit` bytes from the current position.
  fileprivate func contents(upTo limit: Int) throws -> [UInt8] {
    var entry = Glibc.stat()
    guard fstat(rawValue, &entry) == 0 else { throw currentErrno() }
    // Pipes and devices do not report their size. Reading one more byte than expected detects the end of a file
    // without another allocation.
    let expected = entry.st_mode & S_IFMT == S_IFREG ? Int(entry.st_size) : 0
    var bytes = [UInt8](repeating: 0, count: min(expected, limit - 1) + 1)
    var count = 0
    while count < limit {
      if count == bytes.count {
        bytes += [UInt8](repeating: 0, count: min(count, limit - count))
      }
      let more = try bytes.withUnsafeMutableBytes {
        try read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
      }
      if more == 0 { break }
      count += more
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// The content of an opened file, which is closed. It was opened without waiting: opening a pipe would wait for a writer.
private func wholeFile(_ file: FileDescriptor) throws -> [UInt8] {
  try file.closing {
    var entry = Glibc.stat()
    guard fstat(file.rawValue, &entry) == 0 else { throw currentErrno() }
    guard entry.st_mode & S_IFMT == S_IFREG else {
      throw entry.st_mode & S_IFMT == S_IFDIR ? Errno.isDirectory : .invalidArgument
    }
    return try file.contents(upTo: .max)
  }
}

private func reading<Result>(
  _ path: FilePath, _ body: (FileDescriptor) throws -> Result
) throws -> Result {
  let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
  return try file.closing { try body(file) }
}

/// A new file in the folder of `path`, with a unique name.
private func createTemporary(
  beside path: FilePath
) throws -> (file: FileDescriptor, path: FilePath) {
  while true {
    let temporary = TemporaryFiles.newPath(beside: path)
    do {
      let file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: .subjectToUmask)
      return (file, temporary)
    } catch Errno.fileExists {}
  }
}

/// Creates a file by linking a complete one.
///
/// - Returns: whether the file did not exist before; `nil` if the original has disappeared.
private func createLinking(_ bytes: [UInt8], _ path: FilePath) throws -> Bool? {
  let (file, temporary) = try createTemporary(beside: path)
  defer { _ = temporary.withPlatformString { unlink($0) } }
  try file.closing {
    try file.writeAll(bytes)
    try file.synchronize()
  }
  return switch try offerName(temporary, path) {
  case .accepted: true
  case .taken: false
  case .gone: nil
  case .impossible: try createExclusively(bytes, path)
  }
}

/// Gives a file, which has one name, a second one.
private func offerName(_ path: FilePath, _ name: FilePath) throws -> NameOffer {
  // A file gets at most one additional link, on network file systems too.
  let result = path.withPlatformString { old in name.withPlatformString { link(old, $0) } }
  if result == 0 { return .accepted }
  let reason = currentErrno()
  // The reply to a successful request may be lost and the request repeated, which then fails. The number of links
  // shows whether it succeeded.
  var entry = Glibc.stat()
  guard path.withPlatformString({ stat($0, &entry) }) == 0 else {
    let problem = currentErrno()
    if problem == .noSuchFileOrDirectory { return .gone }
    throw problem
  }
  if entry.st_nlink == 2 { return .accepted }
  if reason == .fileExists { return .taken }
  guard Errno.ofMissingLinks.contains(reason) else { throw reason }
  return .impossible
}

/// Creates a file where links are not supported, as on FAT: others may see incomplete content.
private func createExclusively(_ bytes: [UInt8], _ path: FilePath) throws -> Bool {
  do {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
      permissions: .subjectToUmask)
    _ = try file.closing { try file.writeAll(bytes) }
    return true
  } catch Errno.fileExists {
    return false
  }
}

/// Whether a path leads to a pipe, a device or a socket.
private func isStream(_ path: FilePath) -> Bool {
  var entry = Glibc.stat()
  guard path.withPlatformString({ stat($0, &entry) }) == 0 else { return false }
  return FileStatus(entry).kind == .other
}

private func renameEntry(_ path: FilePath, _ target: FilePath) throws {
  guard !isStream(target) else { throw Errno.fileExists }
  let result = path.withPlatformString { old in
    target.withPlatformString { Glibc.rename(old, $0) }
  }
  guard result == 0 else { throw currentErrno() }
}

private func synchronizeFolder(of path: FilePath) throws {
  let parent = path.removingLastComponent()
  try reading(parent.isEmpty ? "." : parent) { try $0.synchronize() }
}

/// Creates a folder and its missing parents.
private func makeFolderAndParents(_ path: FilePath) throws {
  guard !path.isEmpty else { return }
  do { try makeLastingFolder(path) } catch Errno.noSuchFileOrDirectory {
    let parent = path.removingLastComponent()
    guard !parent.isEmpty, parent != path else { throw Errno.noSuchFileOrDirectory }
    try makeFolderAndParents(parent)
    // If the folder still does not exist, as in `/proc`, it cannot be created.
    try makeLastingFolder(path)
  }
}

private func makeLastingFolder(_ path: FilePath) throws {
  if try makeOneFolder(path) { try synchronizeFolder(of: path) }
}

/// Creates a folder unless it exists.
///
/// - Returns: whether it did not.
private func makeOneFolder(_ path: FilePath) throws -> Bool {
  let result = path.withPlatformString { mkdir($0, 0o777) }
  if result == 0 { return true }
  let reason = currentErrno()
  guard reason == .fileExists else { throw reason }
  var entry = Glibc.stat()
  let found = path.withPlatformString { stat($0, &entry) } == 0
  guard found, entry.st_mode & S_IFMT == S_IFDIR else { throw Errno.fileExists }
  return false
}

extension FilePermissions {
  fileprivate static let subjectToUmask: FilePermissions = [
    .ownerReadWrite, .groupReadWrite, .otherReadWrite,
  ]
}

extension FileStatus {
  package init(_ entry: Glibc.stat) {
    // A file may have any time: within these bounds, differences do not overflow.
    func nanoseconds(_ time: timespec) -> Int {
      min(max(Int(time.tv_sec), -2_000_000_000), 7_000_000_000) * 1_000_000_000 + Int(time.tv_nsec)
    }
    let kind: Kind =
      switch entry.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .link
      default: .other
      }
    self.init(
      kind: kind, size: Int(entry.st_size),
      modified: nanoseconds(entry.st_mtim), changed: nanoseconds(entry.st_ctim),
      inode: UInt64(entry.st_ino))
  }
}
