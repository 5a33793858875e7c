import Basics
import SystemPackage

/// A disk in memory that fails on request.
///
/// Each operation consists of the steps that a real disk performs in sequence. A fault occurs at a step, and
/// completed steps remain. A crash loses content that was not synced, and may lose names (created, changed or
/// removed) until their folder is synced.
package final class MemoryFileSystem: FileSystem {
  /// What fails, starting at a step.
  package enum Fault: Sendable {
    /// One step fails; later steps succeed.
    case once(at: Int, Errno)
    /// All steps starting at this one fail, as on a full disk.
    case from(Int, Errno)
    /// The machine stops before this step: nothing is done after it, including cleaning up.
    case crash(at: Int)
  }

  /// What the disk can no longer read of an entry, under whatever name.
  package enum Loss: Sendable {
    case content
    /// Nor what it is.
    case everything
  }

  fileprivate struct Entry: Sendable {
    var kind: FileStatus.Kind
    var loss: Loss?
    var bytes: [UInt8] = []
    /// The content on disk since the last synchronization; `nil` if that is all of it.
    var before: [UInt8]?
    var sealed = false
    var modified: Int
    var inode: UInt64
  }

  fileprivate struct State: Sendable {
    var entries: [String: Entry] = [:]
    /// The entries on disk under names that were created, changed or removed since their folder was synced; `nil` for
    /// none.
    var onDisk: [String: Entry?] = [:]
    var steps = 0
    var fault: Fault?
    var inodes: UInt64 = 1
    var watch: (@Sendable (FilePath) -> Void)?
  }

  private let state: Guarded<State>

  package convenience init() { self.init(State()) }

  private init(_ state: State) { self.state = Guarded(state) }

  /// The number of steps taken that change the disk.
  package var steps: Int { state.withLock { $0.steps } }

  /// Makes steps fail; `nil` repairs the disk.
  package func setFault(_ fault: Fault?) { state.withLock { $0.fault = fault } }

  /// The disk as it would be found if the machine stopped now: without the later half of what was not synced of a content.
  ///
  /// - Parameter losingNames: whether names revert to the last sync of their folders, and content to its own.
  package func afterCrash(losingNames: Bool = false) -> MemoryFileSystem {
    let entries = state.withLock { state in
      var entries = state.entries
      if losingNames {
        for (path, entry) in state.onDisk { entries[path] = entry }
        // Entries of folders that do not exist are lost with them.
        let known = entries
        func isThere(_ path: FilePath) -> Bool {
          let parent = path.removingLastComponent()
          if parent.isEmpty || parent.string == "/" { return known[path.string] != nil }
          return known[path.string] != nil && isThere(parent)
        }
        entries = entries.filter { isThere(FilePath($0.key)) }
      }
      return entries.mapValues { entry in
        var entry = entry
        if let before = entry.before {
          if losingNames {
            entry.bytes = before
          } else {
            let lasting = zip(entry.bytes, before).prefix { $0 == $1 }.count
            entry.bytes.removeLast((entry.bytes.count - lasting) / 2)
          }
          entry.before = nil
        }
        return entry
      }
    }
    // New files are told from those that are there.
    let inodes = entries.values.map(\.inode).max() ?? 0
    return MemoryFileSystem(State(entries: entries, inodes: inodes))
  }

  /// The content of every file by path, for comparison.
  package var files: [String: [UInt8]] {
    state.withLock { $0.entries.filter { $0.value.kind == .file }.mapValues(\.bytes) }
  }

  /// Changes a file's content without changing its status, sealed or not.
  package func damage(_ path: FilePath, _ change: (inout [UInt8]) -> Void) {
    state.withLock { state in
      guard var entry = state.entries[path.string] else { return }
      change(&entry.bytes)
      state.entries[path.string] = entry
    }
  }

  /// Changes a file's content in place, as a program that writes to it: its time changes too.
  package func overwrite(_ path: FilePath, _ change: (inout [UInt8]) -> Void) {
    damage(path, change)
    state.withLock { state in
      state.steps += 1
      state.entries[path.string]?.modified = state.steps
    }
  }

  /// Makes reading an entry fail from now on.
  package func lose(_ loss: Loss, of path: FilePath) {
    state.withLock { $0.entries[path.string]?.loss = loss }
  }

  /// Calls a function with the path of a file whenever a piece of it is about to be returned.
  package func watchReading(_ watch: (@Sendable (FilePath) -> Void)?) {
    state.withLock { $0.watch = watch }
  }

  /// Creates a symbolic link, visible to callers that ask for links.
  package func makeLink(_ path: FilePath) {
    state.withLock { $0.entries[path.string] = $0.entry(.link) }
  }
}

// MARK: - Steps

extension MemoryFileSystem.State {
  fileprivate mutating func entry(_ kind: FileStatus.Kind) -> MemoryFileSystem.Entry {
    inodes += 1
    return MemoryFileSystem.Entry(kind: kind, modified: steps, inode: inodes)
  }

  /// Performs a step, unless a fault occurs.
  fileprivate mutating func step() throws(Errno) {
    steps += 1
    switch fault {
    case .once(let step, let reason) where steps == step: throw reason
    case .from(let step, let reason) where steps >= step: throw reason
    case .crash(let step) where steps >= step: throw .ioError
    default: break
    }
  }

  /// Creates, changes or removes a name; the change is on disk once the folder is synced.
  fileprivate mutating func name(_ path: FilePath, _ entry: MemoryFileSystem.Entry?) {
    if onDisk[path.string] == nil { onDisk[path.string] = .some(entries[path.string]) }
    entries[path.string] = entry
  }

  fileprivate mutating func synchronizeNames(in folder: FilePath) {
    onDisk = onDisk.filter { FilePath($0.key).removingLastComponent() != folder }
  }

  fileprivate var hasCrashed: Bool {
    if case .crash(let step) = fault { steps >= step } else { false }
  }

  fileprivate func requireFolder(of path: FilePath) throws(Errno) {
    let parent = path.removingLastComponent().string
    guard parent.isEmpty || parent == "/" else {
      guard let entry = entries[parent] else { throw .noSuchFileOrDirectory }
      guard entry.kind == .folder else { throw .notDirectory }
      return
    }
  }
}

extension MemoryFileSystem {
  private func perform<Result: Sendable>(
    _ operation: String, _ path: FilePath,
    _ body: (inout State) throws(Errno) -> sending Result
  ) throws(DiagnosticError) -> Result {
    do throws(Errno) {
      return try state.withLock { (state) throws(Errno) in try body(&state) }
    } catch {
      throw DiagnosticError(operation: operation, path, because: error)
    }
  }

  package func status(
    of path: FilePath, followingLinks: Bool
  ) throws(DiagnosticError) -> FileStatus? {
    try perform("look at", path) { (state) throws(Errno) in
      guard let entry = state.entries[path.string] else { return nil }
      if case .everything = entry.loss { throw .ioError }
      return FileStatus(
        kind: entry.kind, size: entry.bytes.count, modified: entry.modified,
        changed: entry.modified, inode: entry.inode)
    }
  }

  package func contents(of path: FilePath) throws(DiagnosticError) -> [UInt8]? {
    try perform("read", path) { (state) throws(Errno) in
      guard let entry = state.entries[path.string] else { return nil }
      guard entry.loss == nil else { throw .ioError }
      guard entry.kind == .file else { throw .isDirectory }
      return entry.bytes
    }
  }

  package func read(
    _ path: FilePath, piecewise body: (UnsafeRawBufferPointer) -> Bool
  ) throws(DiagnosticError) {
    try read(path).withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let end = min(start + (1 << 20), bytes.count)
        state.withLock { $0.watch }?(path)
        guard body(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else { return }
        start = end
      }
    }
  }

  package func names(in folder: FilePath) throws(DiagnosticError) -> [String] {
    try perform("list", folder) { (state) throws(Errno) in
      guard state.entries[folder.string]?.loss == nil else { throw .ioError }
      let paths = state.entries.keys.map { FilePath($0) }
      return paths.filter { $0.removingLastComponent() == folder }
        .compactMap { $0.lastComponent?.string }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }

  package func write(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError) {
    try perform("write", path) { (state) throws(Errno) in
      try state.requireFolder(of: path)
      try state.step()
      var entry = state.entry(.file)
      entry.before = []
      let temporary = path.removingLastComponent().appending(".\(entry.inode).tmp").string
      state.entries[temporary] = entry
      do throws(Errno) {
        entry.bytes = Array(bytes.prefix(bytes.count / 2))
        state.entries[temporary] = entry
        try state.step()  // the content
        entry.bytes = bytes
        state.entries[temporary] = entry
        try state.step()  // the content to the disk
        entry.before = nil
        state.entries[temporary] = entry
        try state.step()  // the new name
      } catch {
        if !state.hasCrashed { state.entries[temporary] = nil }
        throw error
      }
      state.entries[temporary] = nil
      state.name(path, entry)
      try state.step()  // the name to the disk
      state.synchronizeNames(in: path.removingLastComponent())
    }
  }

  package func create(_ bytes: [UInt8], at path: FilePath) throws(DiagnosticError) -> Bool {
    try perform("write", path) { (state) throws(Errno) in
      try state.requireFolder(of: path)
      try state.step()  // the content to the disk
      try state.step()  // the name
      guard state.entries[path.string] == nil else { return false }
      var entry = state.entry(.file)
      entry.bytes = bytes
      state.name(path, entry)
      return true
    }
  }

  package func touch(_ path: FilePath) throws(DiagnosticError) -> Bool {
    try perform("write", path) { (state) throws(Errno) in
      guard state.entries[path.string] != nil else { return false }
      try state.step()
      state.entries[path.string]?.modified = state.steps
      return true
    }
  }

  package func append(_ bytes: [UInt8], to path: FilePath) throws(DiagnosticError) {
    try perform("write", path) { (state) throws(Errno) in
      try state.requireFolder(of: path)
      var entry = state.entries[path.string] ?? state.entry(.file)
      guard entry.kind == .file else { throw .isDirectory }
      guard !entry.sealed else { throw .permissionDenied }
      let before = entry.bytes
      entry.before = entry.before ?? before
      entry.modified = state.steps
      entry.bytes = before + bytes.prefix(bytes.count / 2)
      if state.entries[path.string] == nil { state.name(path, entry) }
      state.entries[path.string] = entry
      try state.step()
      entry.bytes = before + bytes
      state.entries[path.string] = entry
    }
  }

  package func makeFolder(_ path: FilePath) throws(DiagnosticError) {
    try perform("create folder", path) { (state) throws(Errno) in
      var folder = FilePath(root: path.root)
      for component in path.components {
        folder.append(component)
        if let entry = state.entries[folder.string] {
          guard entry.kind == .folder else { throw .fileExists }
        } else {
          try state.step()
          state.entries[folder.string] = state.entry(.folder)
        }
      }
    }
  }

  package func makePassingFolder(_ path: FilePath) throws(DiagnosticError) {
    try perform("create folder", path) { (state) throws(Errno) in
      try state.requireFolder(of: path)
      if let entry = state.entries[path.string] {
        guard entry.kind == .folder else { throw .fileExists }
        return
      }
      try state.step()
      state.name(path, state.entry(.folder))
    }
  }

  package func seal(_ path: FilePath) throws(DiagnosticError) {
    try perform("write", path) { (state) throws(Errno) in
      guard state.entries[path.string] != nil else { throw .noSuchFileOrDirectory }
      try state.step()
      state.entries[path.string]?.sealed = true
      state.entries[path.string]?.before = nil
    }
  }

  package func move(_ path: FilePath, to target: FilePath) throws(DiagnosticError) {
    try rename(path, to: target)
    try perform("write", target) { (state) throws(Errno) in
      try state.step()
      state.synchronizeNames(in: target.removingLastComponent())
    }
  }

  package func rename(_ path: FilePath, to target: FilePath) throws(DiagnosticError) {
    try perform("write", target) { (state) throws(Errno) in
      guard state.entries[path.string] != nil else { throw .noSuchFileOrDirectory }
      try state.requireFolder(of: target)
      if state.entries[path.string]?.kind != .folder, state.entries[target.string]?.kind == .folder
      {
        throw .isDirectory
      }
      try state.step()
      // A folder takes with it what it holds.
      let moved = state.entries.filter {
        $0.key == path.string || $0.key.hasPrefix(path.string + "/")
      }
      for (name, entry) in moved.sorted(by: { $0.key < $1.key }) {
        state.name(FilePath(name), nil)
        state.name(FilePath(target.string + name.dropFirst(path.string.count)), entry)
      }
    }
  }

  package func remove(_ path: FilePath) throws(DiagnosticError) {
    try perform("remove", path) { (state) throws(Errno) in
      if case .everything = state.entries[path.string]?.loss { throw .ioError }
      let below = state.entries.keys.filter { $0 == path.string || $0.hasPrefix(path.string + "/") }
      // The longest first: the entries of a folder before the folder.
      for entry in below.sorted(by: { $0.utf8.count > $1.utf8.count }) {
        try state.step()
        state.name(FilePath(entry), nil)
      }
    }
  }

  /// Objects and archives have one name on this disk.
  package func link(_ path: FilePath, to name: FilePath) throws(DiagnosticError) -> Bool { false }

  package func offer(_ path: FilePath, as name: FilePath) throws(DiagnosticError) -> NameOffer {
    try perform("write", name) { (state) throws(Errno) in
      try state.requireFolder(of: name)
      try state.step()
      guard let entry = state.entries[path.string] else { return .gone }
      guard state.entries[name.string] == nil else { return .taken }
      state.name(name, entry)
      return .accepted
    }
  }

  package func synchronizeNames(in folder: FilePath) throws(DiagnosticError) {
    try perform("write", folder) { (state) throws(Errno) in
      guard state.entries[folder.string] != nil else { return }
      try state.step()
      state.synchronizeNames(in: folder)
    }
  }
}

// MARK: - Open files

extension MemoryFileSystem {
  package func calls(on path: FilePath, for use: FileUse) throws(Errno) -> any FileCalls {
    let inode = try state.withLock { (state) throws(Errno) in
      if let entry = state.entries[path.string] {
        if use == .creating { throw Errno.fileExists }
        if let loss = entry.loss, use == .reading || loss == .everything { throw Errno.ioError }
        if use == .reading { return entry.inode }
        guard entry.kind == .file else { throw Errno.isDirectory }
        guard !entry.sealed else { throw Errno.permissionDenied }
        if use == .replacing {
          try state.step()
          state.change(entry.inode) { $0 = [] }
        }
        return entry.inode
      }
      guard use != .reading, use != .changing else { throw Errno.noSuchFileOrDirectory }
      try state.requireFolder(of: path)
      try state.step()
      var entry = state.entry(.file)
      entry.before = []
      state.name(path, entry)
      return entry.inode
    }
    return MemoryFile(disk: self, inode: inode)
  }

  fileprivate func call<Result: Sendable>(
    _ body: (inout State) throws(Errno) -> sending Result
  ) throws(Errno) -> Result {
    try state.withLock { (state) throws(Errno) in try body(&state) }
  }
}

extension MemoryFileSystem.State {
  /// The entry of an open file, under whatever name; `nil` if it was removed.
  fileprivate func entry(of inode: UInt64) -> MemoryFileSystem.Entry? {
    entries.values.first { $0.inode == inode }
  }

  /// Changes the content of an open file. Nobody sees the content of a file that was removed.
  fileprivate mutating func change(_ inode: UInt64, _ body: (inout [UInt8]) -> Void) {
    for (name, entry) in entries where entry.inode == inode {
      var entry = entry
      entry.before = entry.before ?? entry.bytes
      entry.modified = steps
      body(&entry.bytes)
      entries[name] = entry
    }
  }
}

private struct MemoryFile: FileCalls {
  let disk: MemoryFileSystem
  let inode: UInt64

  private func entry() throws(Errno) -> MemoryFileSystem.Entry? {
    try disk.call { (state) throws(Errno) in state.entry(of: inode) }
  }

  func status() throws(Errno) -> FileStatus {
    let entry = try entry()
    return FileStatus(
      kind: entry?.kind ?? .file, size: entry?.bytes.count ?? 0, modified: entry?.modified ?? 0,
      changed: entry?.modified ?? 0, inode: inode)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
    guard let entry = try entry() else { return 0 }
    guard entry.kind == .file else { throw .isDirectory }
    let rest = entry.bytes.dropFirst(offset).prefix(buffer.count)
    buffer.copyBytes(from: rest)
    return rest.count
  }

  /// Where the step fails, the first half is written.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int {
    let bytes = Array(bytes)
    return try disk.call { (state) throws(Errno) in
      func put(_ part: some Collection<UInt8>) {
        state.change(inode) { content in
          let end = offset + part.count
          content += repeatElement(0, count: max(0, end - content.count))
          content.replaceSubrange(offset..<end, with: part)
        }
      }
      if !state.hasCrashed { put(bytes.prefix(bytes.count / 2)) }
      try state.step()
      put(bytes)
      return bytes.count
    }
  }

  func resize(to size: Int) throws(Errno) {
    try disk.call { (state) throws(Errno) in
      try state.step()
      state.change(inode) { content in
        content.removeLast(max(0, content.count - size))
        content += repeatElement(0, count: size - content.count)
      }
    }
  }

  func synchronize() throws(Errno) {
    try disk.call { (state) throws(Errno) in
      try state.step()
      for (name, entry) in state.entries where entry.inode == inode {
        state.entries[name]?.before = nil
      }
    }
  }

  func map(size: Int) throws(Errno) -> MappedFile {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    copy.initializeMemory(as: UInt8.self, repeating: 0)
    _ = try read(into: copy, at: 0)
    return MappedFile(UnsafeRawBufferPointer(copy)) { $0.deallocate() }
  }

  func close() throws(Errno) {}
}
