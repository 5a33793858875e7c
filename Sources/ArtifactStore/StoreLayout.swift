import Basics
import SystemPackage

// Where things lie in a store.

extension Store {
  var formatPath: FilePath { root.appending("store.json") }
  var objectsFolder: FilePath { root.appending("objects") }
  var recordsFolder: FilePath { root.appending("records") }
  var latestFolder: FilePath { root.appending("latest") }
  var inspectionsFolder: FilePath { root.appending("inspections") }
  var workspacesFolder: FilePath { root.appending("tmp") }
  var claimsFolder: FilePath { root.appending("claims") }
  /// Where damaged files are kept, for whoever wants to know what happened.
  package var damagedFolder: FilePath { root.appending("damaged") }
  /// Where runs keep their logs.
  package var logsFolder: FilePath { root.appending("logs") }

  // Objects and records lie in 256 folders each, so that none of them grows too large to be listed quickly.

  /// Where the object with a digest lies, if the store has it.
  package func objectPath(_ digest: Fingerprint) -> FilePath {
    let name = digest.hexadecimal
    return FilePath("\(objectsFolder.string)/\(name.prefix(2))/\(name)")
  }

  /// Where the record of a stage lies, if the store has it.
  package func recordPath(_ fingerprint: Fingerprint) -> FilePath {
    let name = fingerprint.hexadecimal
    return FilePath("\(recordsFolder.string)/\(name.prefix(2))/\(name).json")
  }

  /// A file name for any text: what can be kept of it, for people, and a digest, to be unique.
  ///
  /// `A3B/é` becomes `A3B__-` and twelve hexadecimal digits.
  package static func fileName(for text: String) -> String {
    let kept = text.unicodeScalars.prefix(40).map { scalar -> Character in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "+": Character(scalar)
      default: "_"
      }
    }
    return String(kept) + "-" + Fingerprint(of: text).hexadecimal.prefix(12)
  }
}
