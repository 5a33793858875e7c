/// Detects changes of a file: as long as the stamp is the same, so is the content.
///
/// A program that changes a file can restore its size and modification time, but not its change time, which only the
/// file system sets. The device number is excluded, since it differs between mounts of a network file system or a
/// container's layer; a file with the same inode number and the same times to the nanosecond is the same file. A
/// copied, moved or linked file has a different stamp, and is hashed again.
package struct FileStamp: Hashable, Sendable {
  package var size: Int
  /// In nanoseconds since 1970.
  package var modified: Int
  package var changed: Int
  package var inode: UInt64

  package init(_ status: FileStatus) {
    size = status.size
    modified = status.modified
    changed = status.changed
    inode = status.inode
  }

  /// The interval in seconds after which two changes have different times on every file system: kernels give all
  /// changes of one tick the same time, and some file systems store whole or even seconds.
  package static let grain = 2.0

  /// Whether every change from a given moment will be detected.
  ///
  /// The file may have changed in the same tick in which it is about to be read; another change in this tick would
  /// not alter the stamp. A time ahead of the clock is not reliable either.
  ///
  /// - Parameter now: when reading the file's content begins, in seconds since 1970.
  package func tellsChanges(from now: Double) -> Bool {
    now - Double(changed) / 1e9 > FileStamp.grain
  }
}

extension FileStamp: ValueConvertible {
  package var value: Value {
    [
      .integer(size), .integer(modified), .integer(changed),
      .integer(Int(truncatingIfNeeded: inode)),
    ]
  }
}
