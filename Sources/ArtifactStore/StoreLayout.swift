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
  /// Where runs keep their logs.
  package var logsFolder: FilePath { root.appending("logs") }

  /// Where the object with a digest lies, if the store has it.
  package func objectPath(_ digest: Fingerprint) -> FilePath {
    Store.shard(objectsFolder, digest).appending(digest.hexadecimal)
  }

  /// Where the record of a stage lies, if the store has it.
  package func recordPath(_ fingerprint: Fingerprint) -> FilePath {
    Store.shard(recordsFolder, fingerprint).appending(fingerprint.hexadecimal + ".json")
  }

  /// One of 256 folders, so that none of them grows too large to be listed quickly.
  static func shard(_ folder: FilePath, _ fingerprint: Fingerprint) -> FilePath {
    folder.appending(String(fingerprint.hexadecimal.prefix(2)))
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
