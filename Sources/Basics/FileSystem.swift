import Glibc
import SystemPackage

/// The file system used by a program; passed in, so that tests can use one of their own.
///
/// Every failed operation throws a `DiagnosticError` that names the path and the reason, such as `cannot write
/// '.cambium/objects/3f/…': No space left on device`.
package protocol FileSystem: Sendable {
  /// The status of the entry at a path; `nil` if there is none.
  ///
  /// - Parameter followingLinks: whether a symbolic link is resolved to its target.
  func status(
    of path: FilePath, followingLinks: Bool
  ) throws(DiagnosticError) -> FileStatus?

  /// The entire content of a file; `nil` if there is no such file.
  func contents(of path: FilePath) throws(DiagnosticError) -> [UInt8]?

  /// `status(of:)` and `contents(of:)` for a C string: callers that ask about thousands of files need not create as
  /// many `FilePath`s.
  func status(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> FileStatus?
  func contents(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> [UInt8]?

  /// Reads the start of a file with one call: at most as much as fits into `buffer`, and possibly less.
  ///
  /// - Returns: the number of bytes; `nil` if there is no such file.
  func start(
    at path: UnsafePointer<CChar>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(DiagnosticError) -> Int?

  /// Reads a file in pieces of at most a megabyte.
  ///
  /// - Parameter body: receives each piece, and returns whether to continue.
  func read(
    _ path: FilePath, piecewise body: (UnsafeRawBufferPointer) -> Bool
  ) throws(DiagnosticError)

  /// The names in a folder, sorted by their UTF-8 bytes; empty if there is no such folder.
  func names(in folder: FilePath) throws(DiagnosticError) -> [String]

  /// Atomically creates or replaces a file: readers see the old content or the new, even after a crash. Its folder
  /// must exist. On return the content is on disk.
  func write(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError)

  /// Creates a file with its entire content, unless there is an entry of that name: of several concurrent attempts,
  /// on any machines, one succeeds. Its folder must exist. The content is complete whenever the name exists, even
  /// after a crash.
  ///
  /// - Returns: whether this call created it.
  func create(_ bytes: [UInt8], at path: FilePath) throws(DiagnosticError) -> Bool

  /// Sets the modification time of a file to the file system's current time.
  ///
  /// - Returns: whether it did: not if there is no such file, or it belongs to another user.
  @discardableResult
  func touch(_ path: FilePath) throws(DiagnosticError) -> Bool

  /// Appends to a file, which is created if necessary; for logs, without waiting for the disk.
  func append(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError)

  /// Creates a folder and its missing parents. On return they are on disk.
  func makeFolder(_ path: FilePath) throws(DiagnosticError)

  /// Creates a folder, unless it exists, without waiting for the disk. Its parent must exist. For what a crash may take.
  func makePassingFolder(_ path: FilePath) throws(DiagnosticError)

  /// Makes a file read-only for everyone, and waits until its content is on disk.
  func seal(_ path: FilePath) throws(DiagnosticError)

  /// Seals several files, which takes hardly longer than one.
  ///
  /// - Returns: the errors of those that are not sealed.
  func seal(_ paths: [FilePath]) -> [FilePath: DiagnosticError]

  /// Moves a file or folder within the same file system, replacing an existing file. On return the new name is on
  /// disk.
  func move(_ path: FilePath, to target: FilePath) throws(DiagnosticError)

  /// The same without waiting for the disk: after a crash there may still be the old name, until
  /// `synchronizeNames(in:)` of the target's folder has returned.
  func rename(_ path: FilePath, to target: FilePath) throws(DiagnosticError)

  /// Gives a file a second name, which must not exist.
  ///
  /// - Returns: whether it has one now: not on disks without hard links, and for files that may not have one.
  func link(_ path: FilePath, to name: FilePath) throws(DiagnosticError) -> Bool

  /// Gives a file a second name, unless there is an entry of that name: of several concurrent attempts, on any machines,
  /// one succeeds. After a crash, the content that was on disk is there whenever the name exists.
  func offer(_ path: FilePath, as name: FilePath) throws(DiagnosticError) -> NameOffer

  /// Removes a file, a link, or a folder with its content; does nothing if there is none. After a crash it may exist
  /// again, whatever was done since, until `synchronizeNames(in:)` of its folder has returned.
  func remove(_ path: FilePath) throws(DiagnosticError)

  /// Waits until added, changed and removed names in a folder are on disk; does nothing if there is no such folder.
  func synchronizeNames(in folder: FilePath) throws(DiagnosticError)

  /// The same for several folders, which takes hardly longer than for one.
  func synchronizeNames(in folders: [FilePath]) throws(DiagnosticError)

  /// Creates several folders, each as `makeFolder` does; this takes hardly longer than for one.
  func makeFolders(_ paths: [FilePath]) throws(DiagnosticError)

  /// The bytes that this user may still write to the disk of a path, which need not exist; `nil` if that is not known.
  func freeSpace(at path: FilePath) -> Int?

  /// Opens a file for `open(_:for:)` and `map(_:)`, which callers use.
  func calls(on path: FilePath, for use: FileUse) throws(Errno) -> any FileCalls
}

/// What has become of the second name for a file.
package enum NameOffer: Hashable, Sendable {
  case accepted
  /// There is an entry of that name.
  case taken
  /// The file has disappeared.
  case gone
  /// The file cannot have two names, as on disks without hard links.
  case impossible
}

/// The status of an entry of a file system.
package struct FileStatus: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case file, folder, link, other
  }

  package var kind: Kind
  /// In bytes.
  package var size: Int
  /// The modification time of the content, in nanoseconds since 1970.
  package var modified: Int
  /// The time of the last change of the entry, which only the file system sets, in nanoseconds since 1970.
  package var changed: Int
  /// The inode number.
  package var inode: UInt64

  package init(kind: Kind, size: Int, modified: Int, changed: Int, inode: UInt64) {
    self.kind = kind
    self.size = size
    self.modified = modified
    self.changed = changed
    self.inode = inode
  }
}

/// The digest and size of a file.
package struct FileDigest: Hashable, Sendable {
  /// SHA-256 of the content.
  package var digest: Fingerprint
  /// In bytes.
  package var size: Int

  package init(digest: Fingerprint, size: Int) {
    self.digest = digest
    self.size = size
  }
}

extension FileSystem {
  package func freeSpace(at path: FilePath) -> Int? { nil }

  package func seal(_ paths: [FilePath]) -> [FilePath: DiagnosticError] {
    var errors: [FilePath: DiagnosticError] = [:]
    for path in paths {
      do throws(DiagnosticError) { try seal(path) } catch { errors[path] = error }
    }
    return errors
  }

  package func synchronizeNames(in folders: [FilePath]) throws(DiagnosticError) {
    for folder in folders { try synchronizeNames(in: folder) }
  }

  package func makeFolders(_ paths: [FilePath]) throws(DiagnosticError) {
    for path in paths { try makeFolder(path) }
  }

  /// The status of the entry at a path, following links; `nil` if there is none.
  package func status(of path: FilePath) throws(DiagnosticError) -> FileStatus? {
    try status(of: path, followingLinks: true)
  }

  package func status(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> FileStatus? {
    try status(of: FilePath(platformString: path))
  }

  package func contents(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> [UInt8]? {
    try contents(of: FilePath(platformString: path))
  }

  package func start(
    at path: UnsafePointer<CChar>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(DiagnosticError) -> Int? {
    guard let bytes = try contents(at: path) else { return nil }
    buffer.copyBytes(from: bytes.prefix(buffer.count))
    return min(bytes.count, buffer.count)
  }

  /// Whether there is an entry at a path.
  package func exists(_ path: FilePath) throws(DiagnosticError) -> Bool {
    try status(of: path) != nil
  }

  /// Writes a new file without waiting for the disk: a part of something that is sealed as a whole.
  package func draft(_ bytes: [UInt8], at path: FilePath) throws(DiagnosticError) {
    try append(bytes, to: path)
  }

  /// The entire content of a file.
  ///
  /// - Throws: `DiagnosticError` also if there is no such file.
  package func read(_ path: FilePath) throws(DiagnosticError) -> [UInt8] {
    guard let bytes = try contents(of: path) else {
      throw DiagnosticError(operation: "read", path, because: Errno.noSuchFileOrDirectory)
    }
    return bytes
  }

  /// The first `count` bytes of a file, or fewer if it is shorter.
  package func start(of path: FilePath, count: Int) throws(DiagnosticError) -> [UInt8] {
    var start: [UInt8] = []
    try read(path) { piece in
      start += piece.prefix(count - start.count)
      return start.count < count
    }
    return start
  }

  /// The SHA-256 digest and the size of a file, read in pieces.
  package func digest(of path: FilePath) throws(DiagnosticError) -> FileDigest {
    guard let digest = try digest(of: path, unless: .never) else {
      preconditionFailure("nobody interrupts it")
    }
    return digest
  }

  /// The same; `nil` if it is interrupted.
  package func digest(
    of path: FilePath, unless stop: StopCheck
  ) throws(DiagnosticError) -> FileDigest? {
    var hasher = ContentHasher()
    var size = 0
    var isWhole = true
    try read(path) { piece in
      hasher.update(piece)
      size += piece.count
      isWhole = !stop.isRequested
      return isWhole
    }
    return isWhole ? FileDigest(digest: hasher.finalized(), size: size) : nil
  }

  /// Copies the content of a file to a new file, without waiting for the disk.
  ///
  /// - Throws: `Interrupted`; `DiagnosticError` also if one of them is not a file.
  package func copy(
    _ path: FilePath, to target: FilePath, unless stop: StopCheck = .never
  ) throws {
    // An empty file arrives without any data.
    try append([], to: target)
    var problem: (any Error)?
    try read(path) { piece in
      do {
        try stop.check()
        try append(Array(piece), to: target)
      } catch {
        problem = error
      }
      return problem == nil
    }
    if let problem { throw problem }
  }

  /// Atomically creates or replaces a file with a text in UTF-8.
  package func write(_ text: String, to path: FilePath) throws(DiagnosticError) {
    try write(Array(text.utf8), to: path)
  }
}

extension DiagnosticError {
  /// The error of a failed file operation: `cannot read 'a.yaml': No such file or directory`.
  package init(operation: String, _ path: FilePath, because reason: Errno) {
    let isFull = reason == .noSpace || reason.rawValue == EDQUOT
    self.init(
      "cannot \(operation) '\(path.string)': \(reason)",
      notes: isFull
        ? [.init("free some space, or name a path on another disk (for the store: --store)")] : [])
    systemReason = reason.rawValue
  }

  /// Whether an operation failed because of the file or its disk, rather than the limits of this process, such as
  /// open files or memory, or what this user may do: the file counts as damaged.
  package var indicatesDamage: Bool {
    guard let systemReason else { return false }
    return [
      EIO, EISDIR, ENOTDIR, ELOOP, EBADMSG, EUCLEAN, ENODATA, ENXIO, EINVAL, EOVERFLOW, EREMOTEIO,
      EILSEQ,
    ].contains(systemReason)
  }

  /// Whether the system denied this user the operation: the file itself may be intact.
  package var deniesAccess: Bool { systemReason == EACCES || systemReason == EPERM }

  /// Whether the machine failed, or denied something, rather than what it was asked to do being wrong.
  package var isOfMachine: Bool {
    cause.isOfMachine || deniesAccess
      || [EROFS, EMFILE, ENFILE, EAGAIN].contains(systemReason)
  }

  /// Whether a file cannot be read, for either reason; what only saves time then counts as absent.
  package var makesUnreadable: Bool { indicatesDamage || deniesAccess }

  /// What is wrong with a damaged file, in words.
  ///
  /// - Throws: the error itself if it does not indicate damage.
  package var reasonOfDamage: String {
    get throws(DiagnosticError) {
      guard indicatesDamage else { throw self }
      return diagnostics.first?.message ?? "it cannot be read"
    }
  }
}
