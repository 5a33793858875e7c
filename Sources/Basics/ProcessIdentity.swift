import Glibc

/// A process, told from all others that share a disk: of this machine or another, now or earlier.
package struct ProcessIdentity: Hashable, Sendable {
  /// Where a number means one process: a machine from one start to the next, or a container on it.
  package struct Place: Hashable, Sendable {
    /// The machine's name, without characters that have a meaning in file names.
    package var name: String
    /// A digest of the machine's own number, since machines may share a name; empty where it has none.
    package var machine: String
    /// The beginning of the number that the system drew when it started.
    package var boot: String
    /// The number of the name space that processes are counted in: containers of one machine do not see
    /// each other's processes.
    package var space: String
  }

  package var place: Place
  package var id: Int32
  /// When the process started, in clock ticks since the machine did: numbers are used again.
  package var start: UInt64

  package static let current = ProcessIdentity(
    place: .current, id: getpid(), start: startTime(of: getpid()) ?? 0)

  /// Another process of this machine, by its number and when it started.
  package static func here(id: Int32, start: UInt64) -> ProcessIdentity {
    ProcessIdentity(place: .current, id: id, start: start)
  }

  /// Whether the system tells of the process: it runs, or once ran, in this name space.
  package var isHere: Bool { place == .current }

  /// Whether the process is known not to run any more: this machine has been started since, or does not
  /// have it. Of other machines and containers nothing is known.
  package var isGone: Bool {
    if place.isEarlierStart(of: .current) { return true }
    guard isHere else { return false }
    if kill(id, 0) != 0, errno == ESRCH { return true }
    guard let start = ProcessIdentity.startTime(of: id) else { return false }
    return start != self.start
  }
}

extension ProcessIdentity: LosslessStringConvertible {
  /// `tern.5f3a….9c1e….4026531836~12345~67890`: what can be part of a file name.
  package var description: String { "\(place)~\(id)~\(start)" }

  package init?(_ description: String) {
    let parts = description.split(separator: "~", omittingEmptySubsequences: false)
    guard parts.count == 3, let id = Int32(parts[1]), id > 0, let start = UInt64(parts[2]) else {
      return nil
    }
    self.init(place: Place(String(parts[0])), id: id, start: start)
  }
}

// MARK: - Places

extension ProcessIdentity.Place: LosslessStringConvertible {
  package var description: String {
    machine.isEmpty && boot.isEmpty && space.isEmpty ? name : "\(name).\(machine).\(boot).\(space)"
  }

  /// A text that is no place of this program's is the name of a place that nothing is known of.
  package init(_ description: String) {
    let parts = description.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    self =
      parts.count == 4
      ? Self(name: parts[0], machine: parts[1], boot: parts[2], space: parts[3])
      : Self(name: description, machine: "", boot: "", space: "")
  }

  /// Where this process runs.
  package static let current = Self(
    name: ProcessIdentity.hostName,
    machine: text(of: "/etc/machine-id").map { Fingerprint(of: $0).short } ?? "",
    boot: text(of: "/proc/sys/kernel/random/boot_id").map { String($0.prefix(8)) } ?? "",
    space: space)

  private static var space: String {
    var entry = stat()
    return stat("/proc/self/ns/pid", &entry) == 0 ? "\(entry.st_ino)" : ""
  }

  /// The letters and digits of one of the system's files; `nil` where there are none.
  private static func text(of path: String) -> String? {
    let text = ProcessIdentity.contents(of: path).map {
      String(decoding: $0.filter { $0 > 32 && $0 < 127 }, as: UTF8.self)
    }
    return text?.isEmpty == false ? text : nil
  }

  /// Whether this is the machine of `other` before it was started again. Machines that share a disk have to
  /// differ in name or number.
  fileprivate func isEarlierStart(of other: Self) -> Bool {
    !machine.isEmpty && !boot.isEmpty && !other.boot.isEmpty
      && (name, machine) == (other.name, other.machine) && boot != other.boot
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

  /// The beginning of one of the system's files, which do not tell their size.
  fileprivate static func contents(of path: String) -> [UInt8]? {
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
