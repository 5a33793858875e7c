import Basics
import SystemPackage

// The layout of a store.

extension Store {
  var formatPath: FilePath { root.appending("store.json") }
  var objectsFolder: FilePath { root.appending("objects") }
  var recordsFolder: FilePath { root.appending("records") }
  var latestFolder: FilePath { root.appending("latest") }
  var inspectionsFolder: FilePath { root.appending("inspections") }
  var workspacesFolder: FilePath { root.appending("tmp") }
  var claimsFolder: FilePath { root.appending("claims") }
  /// Damaged files are kept here for later inspection.
  package var damagedFolder: FilePath { root.appending("damaged") }
  /// The logs of runs.
  package var logsFolder: FilePath { root.appending("logs") }

  // Objects and records are distributed over 256 folders each, so that none of them is too large to list quickly.

  /// The path of the object with a digest, whether or not it exists.
  package func objectPath(_ digest: Fingerprint) -> FilePath {
    let name = digest.hexadecimal
    return FilePath("\(objectsFolder.string)/\(name.prefix(2))/\(name)")
  }

  /// The path of a stage's record, whether or not it exists.
  package func recordPath(_ fingerprint: Fingerprint) -> FilePath {
    let name = fingerprint.hexadecimal
    return FilePath("\(recordsFolder.string)/\(name.prefix(2))/\(name).json")
  }

  /// A file name for any text: a readable form and, for uniqueness, a digest.
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
