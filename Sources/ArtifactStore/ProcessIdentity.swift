import Glibc

/// A process, told from all others that share a store: of this machine or another, now or earlier.
package struct ProcessIdentity: Hashable, Sendable {
  /// The machine's name, a part of its name for this time between two starts, since machines may be
  /// called alike, and the number of the name space in which `id` counts: containers of one machine do
  /// not see each other's processes.
  var host: String
  package var id: Int32
  /// When the process started, in clock ticks since the machine did: numbers are used again.
  var start: UInt64

  package static let current = ProcessIdentity(
    host: hostIdentity, id: getpid(), start: startTime(of: getpid()) ?? 0)

  /// Another process of this machine, by its number and when it started.
  package static func here(id: Int32, start: UInt64) -> ProcessIdentity {
    ProcessIdentity(host: hostIdentity, id: id, start: start)
  }

  /// Whether the system tells of the process: it runs, or once ran, in this name space.
  package var isHere: Bool { host == ProcessIdentity.hostIdentity }

  /// Whether the process is known not to run any more.
  package var isGone: Bool {
    guard isHere else { return false }
    if kill(id, 0) != 0, errno == ESRCH { return true }
    guard let start = ProcessIdentity.startTime(of: id) else { return false }
    return start != self.start
  }
}

extension ProcessIdentity: LosslessStringConvertible {
  /// `host~12345~67890`: what can be part of a file name.
  package var description: String { "\(host)~\(id)~\(start)" }

  package init?(_ description: String) {
    let parts = description.split(separator: "~", omittingEmptySubsequences: false)
    guard parts.count == 3, let id = Int32(parts[1]), id > 0, let start = UInt64(parts[2]) else {
      return nil
    }
    self.init(host: String(parts[0]), id: id, start: start)
  }
}

// MARK: - What the system knows

extension ProcessIdentity {
  /// The machine's name, as people know it.
  package static let hostName: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = name.prefix { $0 != 0 }.map { letter in
      let character = Character(UnicodeScalar(UInt8(bitPattern: letter)))
      return character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    return String(host)
  }()

  private static let hostIdentity: String = {
    var parts = [hostName]
    if let boot = contents(of: "/proc/sys/kernel/random/boot_id") {
      parts.append(String(decoding: boot.prefix(8), as: UTF8.self))
    }
    var space = stat()
    if stat("/proc/self/ns/pid", &space) == 0 { parts.append("\(space.st_ino)") }
    return parts.joined(separator: "-")
  }()

  /// The beginning of one of the system's files, which do not tell their size.
  private static func contents(of path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }

  /// Field 22 of `/proc/<id>/stat`; 0 for a process that has ended and waits for its parent to notice;
  /// `nil` where the system does not tell.
  private static func startTime(of id: Int32) -> UInt64? {
    // The second field is the program's name in parentheses, which may hold anything.
    guard let bytes = contents(of: "/proc/\(id)/stat"),
      let end = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 19 else { return nil }
    if let state = fields[0].first, state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") {
      return 0
    }
    return UInt64(String(decoding: fields[19], as: UTF8.self))
  }
}
