import Glibc
import SystemPackage

extension FileDescriptor {
  /// Does something with the file, and closes it. What a write could not do is told as late as here by
  /// some file systems.
  ///
  /// A signal that interrupts the closing has not kept the file open: Linux closes it in any case.
  package func closing<Result>(after body: () throws -> Result) throws -> Result {
    let result: Result
    do { result = try body() } catch {
      try? close()
      throw error
    }
    do { try close() } catch Errno.interrupted {}
    return result
  }

  /// Waits until the content, or the names of a folder, are on the disk.
  package func synchronize() throws {
    while fsync(rawValue) != 0 {
      let reason = Errno(rawValue: errno)
      // Some network file systems do not synchronise folders: their servers do so by themselves.
      if reason == .invalidArgument { return }
      if reason != .interrupted { throw reason }
    }
  }
}

/// The answer of a call that is made again as long as signals interrupt it.
///
/// - Parameter call: answers with less than 0 where it fails, and sets `errno`.
package func uninterrupted<Answer: SignedInteger>(_ call: () -> Answer) throws(Errno) -> Answer {
  while true {
    let answer = call()
    if answer >= 0 { return answer }
    if errno != EINTR { throw Errno(rawValue: errno) }
  }
}
