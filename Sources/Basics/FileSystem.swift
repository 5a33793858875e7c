import Glibc
import SystemPackage

/// The files a program works with; passed in, so that tests have a disk of their own.
///
/// Every operation that fails throws a `DiagnosticError` that names the path and the reason, such as
/// `cannot write '.cambium/objects/3f/…': No space left on device`.
package protocol FileSystem: Sendable {
  /// What is known of the entry at a path; `nil` where there is none.
  ///
  /// - Parameter followingLinks: whether a symbolic link stands for what it points to.
  func status(
    of path: FilePath, followingLinks: Bool
  ) throws(DiagnosticError) -> FileStatus?

  /// A file's whole content; `nil` where there is no such file.
  func contents(of path: FilePath) throws(DiagnosticError) -> [UInt8]?

  /// `status(of:)` and `contents(of:)` by a path that is at hand as C writes it: those who ask about
  /// thousands of files are spared the making of as many `FilePath`s.
  func status(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> FileStatus?
  func contents(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> [UInt8]?

  /// Reads a file piece by piece, each of a megabyte at most.
  ///
  /// - Parameter body: is given each piece in turn, and answers whether to go on.
  func read(
    _ path: FilePath, piecewise body: (UnsafeRawBufferPointer) -> Bool
  ) throws(DiagnosticError)

  /// The names in a folder, sorted by their UTF-8 bytes; empty where there is no such folder.
  func names(in folder: FilePath) throws(DiagnosticError) -> [String]

  /// Creates or replaces a file in one go: whoever looks, and whatever crashes, finds the old content
  /// or the new. Its folder must exist. On return the content is on the disk.
  func write(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError)

  /// Creates a file with its whole content, unless there is an entry of that name: of several that try at
  /// once, on whatever machines, one succeeds. Its folder must exist. Wherever the name is found, after a
  /// crash too, the content is whole.
  ///
  /// - Returns: whether this call created it.
  func create(_ bytes: [UInt8], at path: FilePath) throws(DiagnosticError) -> Bool

  /// Sets the time of a file's last change to the file system's present.
  ///
  /// - Returns: whether it did: not where there is no such file, nor where it is another user's.
  @discardableResult
  func touch(_ path: FilePath) throws(DiagnosticError) -> Bool

  /// Adds to the end of a file, created where needed; for logs, without waiting for the disk.
  func append(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError)

  /// Creates a folder and those above it, where they do not exist yet. On return they are on the disk.
  func makeFolder(_ path: FilePath) throws(DiagnosticError)

  /// Makes a file read-only for everyone, and waits until its content is on the disk.
  func seal(_ path: FilePath) throws(DiagnosticError)

  /// Gives a file or folder another path in the same file system, replacing a file that is there. On
  /// return the new name is on the disk.
  func move(_ path: FilePath, to target: FilePath) throws(DiagnosticError)

  /// Removes a file, a link, or a folder with all that it holds; nothing where there is none. After a crash
  /// it may be there again, whatever was done since, until `synchronizeNames(in:)` of its folder has returned.
  func remove(_ path: FilePath) throws(DiagnosticError)

  /// Waits until the names in a folder, as they were added, changed and removed, are on the disk; nothing where
  /// there is no such folder.
  func synchronizeNames(in folder: FilePath) throws(DiagnosticError)
}

/// What a file system knows of one of its entries.
package struct FileStatus: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case file, folder, link, other
  }

  package var kind: Kind
  /// In bytes.
  package var size: Int
  /// When the content last changed, in nanoseconds since 1970.
  package var modified: Int
  /// When anything of the entry last changed, as the file system alone sets it; in nanoseconds since 1970.
  package var changed: Int
  /// The file's number in its file system.
  package var inode: UInt64

  package init(kind: Kind, size: Int, modified: Int, changed: Int, inode: UInt64) {
    self.kind = kind
    self.size = size
    self.modified = modified
    self.changed = changed
    self.inode = inode
  }
}

/// A file's content, in brief.
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
  /// What is known of the entry at a path, links followed; `nil` where there is none.
  package func status(of path: FilePath) throws(DiagnosticError) -> FileStatus? {
    try status(of: path, followingLinks: true)
  }

  package func status(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> FileStatus? {
    try status(of: FilePath(platformString: path))
  }

  package func contents(at path: UnsafePointer<CChar>) throws(DiagnosticError) -> [UInt8]? {
    try contents(of: FilePath(platformString: path))
  }

  /// Whether there is an entry at a path.
  package func exists(_ path: FilePath) throws(DiagnosticError) -> Bool {
    try status(of: path) != nil
  }

  /// A file's whole content.
  ///
  /// - Throws: `DiagnosticError` also where there is no such file.
  package func read(_ path: FilePath) throws(DiagnosticError) -> [UInt8] {
    guard let bytes = try contents(of: path) else {
      throw DiagnosticError(operation: "read", path, because: Errno.noSuchFileOrDirectory)
    }
    return bytes
  }

  /// The first bytes of a file, `count` of them where it has so many.
  package func start(of path: FilePath, count: Int) throws(DiagnosticError) -> [UInt8] {
    var start: [UInt8] = []
    try read(path) { piece in
      start += piece.prefix(count - start.count)
      return start.count < count
    }
    return start
  }

  /// The SHA-256 digest and the size of a file, read piece by piece.
  package func digest(of path: FilePath) throws(DiagnosticError) -> FileDigest {
    guard let digest = try digest(of: path, unless: .never) else {
      preconditionFailure("nobody interrupts it")
    }
    return digest
  }

  /// The same; `nil` where it is interrupted.
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

  /// Copies a file's content to a new file, without waiting for the disk.
  ///
  /// - Throws: `Interrupted`; `DiagnosticError` also where one of them is no file.
  package func copy(
    _ path: FilePath, to target: FilePath, unless stop: StopCheck = .never
  ) throws {
    // An empty file comes in no piece at all.
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

  /// Creates or replaces a file in one go with a text in UTF-8.
  package func write(_ text: String, to path: FilePath) throws(DiagnosticError) {
    try write(Array(text.utf8), to: path)
  }
}

extension DiagnosticError {
  /// The error of a file operation that did not succeed: `cannot read 'a.yaml': No such file or
  /// directory`.
  package init(operation: String, _ path: FilePath, because reason: Errno) {
    self.init("cannot \(operation) '\(path.string)': \(reason)")
    systemReason = reason.rawValue
  }

  /// Whether an operation failed for what the file or its disk is like, and not for what this process may have,
  /// such as open files or memory: the file is as good as damaged.
  package var tellsOfDamage: Bool {
    guard let systemReason else { return false }
    return [
      EIO, EISDIR, ENOTDIR, EACCES, EPERM, ELOOP, EBADMSG, EUCLEAN, ENODATA, ENXIO, EINVAL,
      EOVERFLOW,
      EREMOTEIO, EILSEQ,
    ].contains(systemReason)
  }
}
