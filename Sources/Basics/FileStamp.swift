/// What tells that a file has not been changed: while it stays the same, so does the content.
///
/// Whoever changes a file can give it back its size and its time of modification, but not the time at which it
/// was changed: that one the file system sets alone. The number of the device is left out, since that of a
/// network file system or of a container's layer differs from mount to mount; a file with the same number and
/// the same times to the nanosecond is the same file. A copied, moved or linked file is another one, and is
/// hashed again.
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

  /// How far apart two changes are, in seconds, that have different times on every file system: kernels give
  /// all changes of one tick the same time, and some file systems keep whole or even seconds.
  package static let grain = 2.0

  /// Whether every change from a moment on will show.
  ///
  /// The file may have been changed in the very tick in which it is about to be read: another change in this
  /// tick would leave the stamp as it is. A time ahead of the clock tells nothing either.
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
