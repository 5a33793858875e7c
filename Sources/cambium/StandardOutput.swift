// The C library's name for the stream is a variable, though one that nobody sets.
@preconcurrency import Glibc

/// Writes what is still to be written to standard output.
///
/// - Returns: why some of what was printed could not be written; `nil` where all was.
func problemOfStandardOutput() -> String? {
  // A stream remembers that a write has failed, but not why.
  let hadFailed = ferror(stdout) != 0
  guard fflush(stdout) != 0 else { return hadFailed ? "some of it is missing" : nil }
  return String(cString: strerror(errno))
}
