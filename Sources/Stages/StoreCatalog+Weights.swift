import ArtifactStore
import Basics
import Engine
import Planning
import SystemPackage

extension StoreCatalog {
  /// Reads a file's header and hashes the file, once while its size and times stay the same.
  package func weights(at path: String) throws -> WeightsFacts {
    let key = "weights \(path)"
    let file = FilePath(path)
    let status = try LocalFileSystem().regularFile(at: file, "weights file")
    if let known = try store.inspection(for: key), known["stamp"] == status.stamp,
      let facts = known["facts"].flatMap(WeightsFacts.init)
    {
      return facts
    }
    let facts = try SafetensorsFile.withFile(at: file) { opened in
      guard let content = try LocalFileSystem().digest(of: file, unless: stop) else {
        throw Interrupted()
      }
      return WeightsFacts(
        digest: content.digest, shapes: opened.shapes, unreadTypes: opened.unreadTypes)
    }
    remember(["stamp": status.stamp, "facts": facts.value], as: key)
    return facts
  }
}

extension FileSystem {
  /// What is known of a file that is read whole: not of a folder, a pipe or a device.
  ///
  /// - Throws: `DiagnosticError` where there is no such file, with the nearest name beside it.
  func regularFile(at path: FilePath, _ kind: String) throws -> FileStatus {
    guard let status = try status(of: path) else {
      let folder = path.removingLastComponent()
      let beside = try names(in: folder.isEmpty ? "." : folder)
      throw DiagnosticError(
        "\(kind) '\(path)' does not exist",
        notes: path.lastComponent.flatMap { nearestName(to: $0.string, among: beside) }
          .map { [.init("did you mean '\(folder.appending($0))'?")] } ?? [])
    }
    guard status.kind == .file else { throw DiagnosticError("\(kind) '\(path)' is not a file") }
    return status
  }
}

extension FileStatus {
  /// While it stays the same, so does the content.
  var stamp: Value {
    [.integer(size), .integer(modified), .integer(Int(truncatingIfNeeded: inode))]
  }
}

extension WeightsFacts: ValueConvertible {
  package var value: Value {
    [
      "digest": .string(digest.hexadecimal),
      "shapes": .map(shapes.mapValues { .list($0.map(Value.integer)) }),
      "unread": .map(unreadTypes.mapValues(Value.string)),
    ]
  }

  /// Reads what `value` gave; `nil` for anything else.
  fileprivate init?(_ value: Value) {
    guard let digest = value["digest"]?.asString.flatMap(Fingerprint.init(hexadecimal:)),
      let shapes = value["shapes"]?.asMap, let unread = value["unread"]?.asMap
    else { return nil }
    self.init(digest: digest, shapes: [:])
    for (name, extents) in shapes {
      guard let list = extents.asList else { return nil }
      let shape = list.compactMap(\.asInteger)
      guard shape.count == list.count else { return nil }
      self.shapes[name] = shape
    }
    for (name, type) in unread {
      guard let type = type.asString else { return nil }
      unreadTypes[name] = type
    }
  }
}
