import Basics
import Glibc
import SystemPackage

/// Changes the last byte of a file in place, and restores its modification time, so that only the change time
/// differs.
package func changeInPlace(_ path: FilePath) throws {
  var status = stat()
  guard stat(path.string, &status) == 0 else { throw Errno(rawValue: errno) }
  let file = try FileDescriptor.open(path, .readWrite)
  try file.closeAfter {
    var byte: UInt8 = 0
    let end = Int64(status.st_size) - 1
    _ = try withUnsafeMutableBytes(of: &byte) { try file.read(fromAbsoluteOffset: end, into: $0) }
    byte ^= 1
    _ = try withUnsafeBytes(of: &byte) { try file.writeAll(toAbsoluteOffset: end, $0) }
    var times = [status.st_atim, status.st_mtim]
    guard futimens(file.rawValue, &times) == 0 else { throw Errno(rawValue: errno) }
  }
}
