import Basics
import Glibc
import SystemPackage

/// A folder on a disk that may lose its power: what programs see of it, and what of that lasts.
///
/// A file's content lasts once the file is synchronised, a name (made, changed or removed) once its folder
/// is. Until then each change may be there after a power cut or not, whatever came before or after it; of
/// the content of a file, a change may also be there by half, or with zeros in place of what was written.
/// Renaming is done at once or not at all, but the old name of a file, not of a folder, may survive beside
/// the new one where only the new one's folder was synchronised.
struct SimulatedDisk {
  private enum Node {
    case file(Content)
    case folder(names: [String: Int], lasting: [String: Int])
  }

  private struct Content {
    var lasting: [UInt8]
    /// What was done since.
    var changes: [Change] = []
  }

  fileprivate enum Change {
    case write(offset: Int, [UInt8])
    case truncate(size: Int)
  }

  /// A name that a folder has got or, without a node, lost, and that is not known to last.
  private struct Naming {
    var folder: Int
    var name: String
    var node: Int?
    /// Edits of one call have one number.
    var call: Int
    /// Whether they are done together or not at all.
    var isJoined = false
  }

  private let root: String
  private var nodes: [Node] = []
  private var namings: [Naming] = []
  private var calls = 0
  private var open: [Int32: Int] = [:]

  /// The disk with a folder as it is now, all of which lasts.
  init(_ folder: FilePath) throws {
    root = folder.string
    _ = try add(folder)
  }

  private mutating func add(_ path: FilePath) throws -> Int {
    let files = LocalFileSystem()
    let number = nodes.count
    if try files.status(of: path, followingLinks: false)?.kind == .folder {
      nodes.append(.folder(names: [:], lasting: [:]))
      var names: [String: Int] = [:]
      for name in try files.names(in: path) { names[name] = try add(path.appending(name)) }
      nodes[number] = .folder(names: names, lasting: names)
    } else {
      nodes.append(.file(Content(lasting: try files.read(path))))
    }
    return number
  }
}

// MARK: - What programs do

extension SimulatedDisk {
  mutating func perform(_ operation: DiskOperation) throws {
    calls += 1
    switch operation {
    case .open(let file, let path, let isCreated, let isEmptied):
      open[file] = nil
      guard let place = place(path) else { return }
      if isCreated {
        nodes.append(.file(Content(lasting: [])))
        name(nodes.count - 1, place)
      }
      open[file] = try node(path)
      if isEmptied, !isCreated { change(file, .truncate(size: 0)) }
    case .close(let file): open[file] = nil
    case .write(let file, let offset, let bytes):
      change(file, .write(offset: offset, bytes))
    case .truncate(let file, let size): change(file, .truncate(size: size))
    case .synchronize(let file): synchronize(file)
    case .rename(let old, let new):
      guard let from = place(old), let to = place(new) else { return }
      let moved = try node(old)
      let isFolder = if case .folder = nodes[moved] { true } else { false }
      name(moved, to, isJoined: isFolder)
      name(nil, from, isJoined: isFolder)
    case .link(let old, let new):
      guard place(old) != nil, let to = place(new) else { return }
      name(try node(old), to)
    case .unlink(let path), .removeFolder(let path):
      if let place = place(path) { name(nil, place) }
    case .makeFolder(let path):
      guard let place = place(path) else { return }
      nodes.append(.folder(names: [:], lasting: [:]))
      name(nodes.count - 1, place)
    }
  }

  /// The folder's node and the name in it; `nil` for what lies elsewhere, or is the root.
  private func place(_ path: String) -> (folder: Int, name: String)? {
    let path = FilePath(path).lexicallyNormalized()
    guard path.string.hasPrefix(root + "/"), let name = path.lastComponent?.string,
      let folder = try? node(path.removingLastComponent().string)
    else { return nil }
    return (folder, name)
  }

  private func node(_ path: String) throws -> Int {
    var found = 0
    var rest = FilePath(path).lexicallyNormalized()
    guard rest.removePrefix(FilePath(root)) else { throw DiagnosticError("'\(path)' is elsewhere") }
    for name in rest.components {
      guard case .folder(let names, _) = nodes[found], let next = names[name.string] else {
        throw DiagnosticError("the simulated disk has no '\(path)'")
      }
      found = next
    }
    return found
  }

  private mutating func name(
    _ node: Int?, _ place: (folder: Int, name: String), isJoined: Bool = false
  ) {
    guard case .folder(var names, let lasting) = nodes[place.folder] else { return }
    names[place.name] = node
    nodes[place.folder] = .folder(names: names, lasting: lasting)
    namings.append(
      Naming(
        folder: place.folder, name: place.name, node: node, call: calls, isJoined: isJoined))
  }

  private mutating func change(_ file: Int32, _ change: Change) {
    guard let number = open[file], case .file(var content) = nodes[number] else { return }
    content.changes.append(change)
    nodes[number] = .file(content)
  }

  private mutating func synchronize(_ file: Int32) {
    guard let number = open[file] else { return }
    switch nodes[number] {
    case .file(var content):
      for change in content.changes { content.lasting.take(change) }
      content.changes = []
      nodes[number] = .file(content)
    case .folder:
      // Who waits for the loss of the old name has waited for the new name as well.
      let lost = namings.filter { $0.folder == number && $0.node == nil }.map(\.call)
      let joined = namings.filter { $0.folder == number && $0.isJoined }.map(\.call)
      let settled = { (naming: Naming) in
        naming.folder == number || joined.contains(naming.call)
          || naming.node != nil && lost.contains(naming.call)
      }
      for naming in namings where settled(naming) { settle(naming, in: &nodes) }
      namings.removeAll(where: settled)
    }
  }

  private func settle(_ naming: Naming, in nodes: inout [Node]) {
    guard case .folder(let names, var lasting) = nodes[naming.folder] else { return }
    lasting[naming.name] = naming.node
    nodes[naming.folder] = .folder(names: names, lasting: lasting)
  }
}

// MARK: - What is left

extension SimulatedDisk {
  /// What becomes of changes that were not synchronised.
  enum Fate {
    /// None of them is there.
    case lost
    /// All of them are.
    case kept
    /// Each is there or not, as it happens.
    case mixed
  }

  /// Puts the folder back as it is found after a power cut.
  func restore(_ fate: Fate, random: inout some RandomNumberGenerator) throws {
    var nodes = nodes
    var kept: [Int: Bool] = [:]
    for naming in namings {
      let isKept: Bool
      switch fate {
      case .lost: isKept = false
      case .kept: isKept = true
      case .mixed:
        // A call gives a name before it takes the other: none is taken where the other was not given.
        let isDecided =
          naming.isJoined ? kept[naming.call] : kept[naming.call] == false ? false : nil
        isKept = isDecided ?? Bool.random(using: &random)
      }
      kept[naming.call] = isKept
      if isKept { settle(naming, in: &nodes) }
    }
    try LocalFileSystem().remove(FilePath(root))
    try write(0, of: nodes, to: FilePath(root), fate, &random)
  }

  private func write(
    _ number: Int, of nodes: [Node], to path: FilePath, _ fate: Fate,
    _ random: inout some RandomNumberGenerator
  ) throws {
    switch nodes[number] {
    case .folder(_, let lasting):
      guard path.withPlatformString({ mkdir($0, 0o755) }) == 0 else {
        throw DiagnosticError("cannot put '\(path)' back")
      }
      for (name, node) in lasting.sorted(by: { $0.key < $1.key }) {
        try write(node, of: nodes, to: path.appending(name), fate, &random)
      }
    case .file(let content):
      var bytes = content.lasting
      for change in content.changes {
        switch fate {
        case .lost: break
        case .kept: bytes.take(change)
        case .mixed:
          switch Int.random(in: 0..<4, using: &random) {
          case 0: break
          case 1: bytes.take(change.half)
          case 2: bytes.take(change.zeros)
          default: bytes.take(change)
          }
        }
      }
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite])
      try file.closeAfter { _ = try file.writeAll(bytes) }
    }
  }
}

extension SimulatedDisk.Change {
  fileprivate var half: Self {
    switch self {
    case .write(let offset, let bytes): .write(offset: offset, Array(bytes.prefix(bytes.count / 2)))
    case .truncate: self
    }
  }

  fileprivate var zeros: Self {
    switch self {
    case .write(let offset, let bytes):
      .write(offset: offset, Array(repeating: 0, count: bytes.count))
    case .truncate: self
    }
  }
}

extension [UInt8] {
  fileprivate mutating func take(_ change: SimulatedDisk.Change) {
    switch change {
    case .truncate(let size):
      if size < count { removeLast(count - size) } else { grow(to: size) }
    case .write(let offset, let bytes):
      if bytes.isEmpty { return }
      grow(to: offset + bytes.count)
      replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
  }

  private mutating func grow(to size: Int) {
    if size > count { self += [UInt8](repeating: 0, count: size - count) }
  }
}
