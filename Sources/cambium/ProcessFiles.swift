import Basics
import Glibc
import SystemPackage

/// The file of this program, as an absolute path without symbolic links.
///
/// - Throws: `DiagnosticError` if the system does not tell, because `/proc` is missing.
func runningProgram() throws(DiagnosticError) -> FilePath {
  guard let path = realpath("/proc/self/exe", nil) else {
    throw DiagnosticError(
      operation: "read", "/proc/self/exe", because: Errno(rawValue: errno))
  }
  defer { free(path) }
  return FilePath(platformString: path)
}

/// The file mapped at an address of this process; `nil` if there is none.
///
/// - Throws: `DiagnosticError` if the system does not tell, because `/proc` is missing.
func mappedFile(at address: UInt) throws(DiagnosticError) -> FilePath? {
  // Lines such as `7f0a3c000000-7f0a3e1b7000 r-xp 00001000 fe:00 1574 /usr/lib/libopenblas.so.0`.
  let maps = try LocalFileSystem().read("/proc/self/maps")
  for line in maps.split(separator: UInt8(ascii: "\n")) {
    let line = String(decoding: line, as: UTF8.self)
    let bounds = line.prefix { $0 != " " }.split(separator: "-").map { UInt($0, radix: 16) }
    guard bounds.count == 2, let start = bounds[0], let end = bounds[1], start <= address,
      address < end
    else { continue }
    return line.firstIndex(of: "/").map { FilePath(String(line[$0...])) }
  }
  return nil
}
