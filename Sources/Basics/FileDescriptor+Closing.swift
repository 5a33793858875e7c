import Glibc
import SystemPackage

extension FileDescriptor {
  /// Uses the file, and closes it. Some file systems report a failed write only on closing.
  ///
  /// If a signal interrupts closing, the file is closed nevertheless on Linux.
  package func closing<Result>(after body: () throws -> Result) throws -> Result {
    let result: Result
    do { result = try body() } catch {
      try? close()
      throw error
    }
    do { try close() } catch Errno.interrupted {}
    return result
  }

  /// Waits until the content, or the names of a folder, are on disk.
  package func synchronize() throws {
    while fsync(rawValue) != 0 {
      let reason = Errno(rawValue: errno)
      // Some network file systems do not sync folders, since their servers do.
      if reason == .invalidArgument { return }
      if reason != .interrupted { throw reason }
    }
  }
}

/// The result of a system call, repeated as long as signals interrupt it.
///
/// - Parameter call: returns a negative number if it fails, and sets `errno`.
package func uninterrupted<Answer: SignedInteger>(_ call: () -> Answer) throws(Errno) -> Answer {
  while true {
    let answer = call()
    if answer >= 0 { return answer }
    if errno != EINTR { throw Errno(rawValue: errno) }
  }
}
