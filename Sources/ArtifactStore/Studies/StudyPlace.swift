import Basics

/// The location of a file in the archive of a study, which determines its type.
package enum StudyPlace: Hashable, Sendable {
  case checkpoint(trajectory: Fingerprint, state: String, file: String)
  case object(Fingerprint)
  case record(Fingerprint)
  /// A pipeline file, or one that it reads; a relative path that leads neither up nor to anything hidden.
  case file(String)

  /// The path in the archive.
  package var path: String {
    switch self {
    case .checkpoint(let trajectory, let state, let file):
      "checkpoints/\(trajectory.hexadecimal)/\(state)/\(file)"
    case .object(let digest): "objects/\(digest.hexadecimal)"
    case .record(let fingerprint): "records/\(fingerprint.hexadecimal).json"
    case .file(let path): "files/\(path)"
    }
  }

  /// Parses a path in an archive; `nil` for an invalid one, such as one that leads out of the archive.
  init?(path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else { return nil }
    switch parts[0] {
    case "checkpoints":
      guard parts.count == 4, let trajectory = Fingerprint(hexadecimal: parts[1]),
        Checkpoint.Name(parts[2]) != nil, StudyPlace.isPlain(parts[3])
      else { return nil }
      self = .checkpoint(trajectory: trajectory, state: parts[2], file: parts[3])
    case "objects":
      guard parts.count == 2, let digest = Fingerprint(hexadecimal: parts[1]) else { return nil }
      self = .object(digest)
    case "records":
      guard parts.count == 2, parts[1].hasSuffix(".json"),
        let fingerprint = Fingerprint(hexadecimal: String(parts[1].dropLast(5)))
      else { return nil }
      self = .record(fingerprint)
    case "files":
      guard parts.dropFirst().allSatisfy(StudyPlace.isPlain) else { return nil }
      self = .file(parts.dropFirst().joined(separator: "/"))
    default:
      return nil
    }
    // Upper-case digits would be a second path to the same location.
    guard self.path == path else { return nil }
  }

  /// Whether a component of a path is an ordinary name: not `.`, `..` or hidden.
  private static func isPlain(_ part: String) -> Bool {
    !part.isEmpty && !part.hasPrefix(".") && !part.utf8.contains(0) && part.utf8.count < 256
  }

  private var rank: Int {
    switch self {
    case .checkpoint: 0
    case .object: 1
    case .record: 2
    case .file: 3
    }
  }
}

extension StudyPlace: Comparable {
  /// The order in an archive: by kind, then by path.
  package static func < (left: StudyPlace, right: StudyPlace) -> Bool {
    if left.rank != right.rank { return left.rank < right.rank }
    return left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
  }
}
