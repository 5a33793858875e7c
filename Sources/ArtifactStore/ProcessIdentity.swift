import Glibc

/// A process, told from all others that share a store: of this machine or another, now or earlier.
struct ProcessIdentity: Hashable {
  /// The machine's name and the number of the name space in which `id` counts: containers of one
  /// machine do not see each other's processes.
  var host: String
  var id: Int32
  /// When the process started, in clock ticks since the machine did: numbers are used again.
  var start: UInt64

  static let current = ProcessIdentity(
    host: hostIdentity, id: getpid(), start: startTime(of: getpid()) ?? 0)

  /// Whether the process is known not to run any more.
  var isGone: Bool {
    guard host == ProcessIdentity.hostIdentity else { return false }
    if kill(id, 0) != 0, errno == ESRCH { return true }
    guard let start = ProcessIdentity.startTime(of: id) else { return false }
    return start != self.start
  }
}

extension ProcessIdentity: LosslessStringConvertible {
  /// `host~12345~67890`: what can be part of a file name.
  var description: String { "\(host)~\(id)~\(start)" }

  init?(_ description: String) {
    let parts = description.split(separator: "~", omittingEmptySubsequences: false)
    guard parts.count == 3, let id = Int32(parts[1]), id > 0, let start = UInt64(parts[2]) else {
      return nil
    }
    self.init(host: String(parts[0]), id: id, start: start)
  }
}

// MARK: - What the system knows

extension ProcessIdentity {
  private static let hostIdentity: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = name.prefix { $0 != 0 }.map { letter in
      let character = Character(UnicodeScalar(UInt8(bitPattern: letter)))
      return character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    var space = stat()
    guard stat("/proc/self/ns/pid", &space) == 0 else { return String(host) }
    return "\(String(host))-\(space.st_ino)"
  }()

  /// Field 22 of `/proc/<id>/stat`; `nil` where the system does not tell.
  private static func startTime(of id: Int32) -> UInt64? {
    guard let file = fopen("/proc/\(id)/stat", "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    // The second field is the program's name in parentheses, which may hold anything.
    guard let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = bytes[(end + 1)..<count].split(separator: UInt8(ascii: " "))
    guard fields.count > 19 else { return nil }
    return UInt64(String(decoding: fields[19], as: UTF8.self))
  }
}
