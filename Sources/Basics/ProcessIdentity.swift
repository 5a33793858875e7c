import Glibc
import SystemPackage

/// Identifies a process among all that share a disk, on this machine or another, now or earlier.
package struct ProcessIdentity: Hashable, Sendable {
  /// The scope in which a PID identifies one process: a machine between two boots, or a container on it.
  package struct Place: Hashable, Sendable {
    /// The host name, without characters that are special in file names.
    package var name: String
    /// A digest of the machine ID, since machines may share a name; empty if there is none.
    package var machine: String
    /// The beginning of the boot ID.
    package var boot: String
    /// The PID namespace: containers on one machine do not see each other's processes.
    package var space: String
  }

  package var place: Place
  package var id: Int32
  /// The start time of the process in clock ticks since boot, since PIDs are reused; 0 if the system does not provide it.
  package var start: UInt64

  package static let current = ProcessIdentity(
    place: .current, id: getpid(), start: startTime(of: getpid()) ?? 0)

  /// Another process on this machine, by its PID and start time.
  package static func here(id: Int32, start: UInt64) -> ProcessIdentity {
    ProcessIdentity(place: .current, id: id, start: start)
  }

  /// Whether the system knows about the process: it runs, or once ran, in this namespace.
  package var isHere: Bool { place == .current }

  /// Whether the process is known to have ended: this machine has been rebooted since, or has no such process.
  /// Nothing is known about other machines and containers.
  package var isGone: Bool {
    if place.isEarlierStart(of: .current) { return true }
    guard isHere else { return false }
    if kill(id, 0) != 0, errno == ESRCH { return true }
    guard let start = ProcessIdentity.startTime(of: id) else { return false }
    return self.start != 0 && start != self.start
  }

  /// Whether the process is known to be stopped by a signal, such as that of Ctrl-Z, or by a debugger. Nothing is known about
  /// other machines and containers.
  package var isStopped: Bool {
    guard isHere, !isGone, let fields = ProcessIdentity.statistics(of: id) else { return false }
    return fields[0] == "T" || fields[0] == "t"
  }
}

extension ProcessIdentity: LosslessStringConvertible {
  /// `tern.5f3a….9c1e….4026531836~12345~67890`, which can be part of a file name.
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

  /// Other text is treated as the name of an unknown place.
  package init(_ description: String) {
    let parts = description.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    self =
      parts.count == 4
      ? Self(name: parts[0], machine: parts[1], boot: parts[2], space: parts[3])
      : Self(name: description, machine: "", boot: "", space: "")
  }

  /// The place of this process.
  package static let current = Self(
    name: ProcessIdentity.hostName,
    machine: text(of: "/etc/machine-id").map { Fingerprint(of: $0).short } ?? "",
    boot: text(of: "/proc/sys/kernel/random/boot_id").map { String($0.prefix(8)) } ?? "",
    space: space)

  private static var space: String {
    var entry = stat()
    return stat("/proc/self/ns/pid", &entry) == 0 ? "\(entry.st_ino)" : ""
  }

  /// The letters and digits in a system file; `nil` if there are none.
  private static func text(of path: String) -> String? {
    let text = ProcessIdentity.contents(of: path).map {
      String(decoding: $0.filter { $0 > 32 && $0 < 127 }, as: UTF8.self)
    }
    return text?.isEmpty == false ? text : nil
  }

  /// Whether `other` is this machine after a reboot. Machines that share a disk must differ in name or machine ID.
  fileprivate func isEarlierStart(of other: Self) -> Bool {
    !machine.isEmpty && !boot.isEmpty && !other.boot.isEmpty
      && (name, machine) == (other.name, other.machine) && boot != other.boot
  }
}

// MARK: - System information

extension ProcessIdentity {
  /// The host name in readable form.
  package static let hostName: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = name.prefix { $0 != 0 }.map { letter in
      let character = Character(UnicodeScalar(UInt8(bitPattern: letter)))
      return character.isASCII && (character.isLetter || character.isNumber) ? character : "-"
    }
    return String(host)
  }()

  /// The beginning of a system file, which does not report its size.
  fileprivate static func contents(of path: String) -> [UInt8]? {
    try? LocalFileSystem().contents(of: FilePath(path), upTo: 4096)
  }

  /// Field 22 of `/proc/<id>/stat`; 0 for a zombie process; `nil` if the system does not provide it.
  private static func startTime(of id: Int32) -> UInt64? {
    guard let fields = statistics(of: id) else { return nil }
    return fields[0] == "Z" || fields[0] == "X" ? 0 : UInt64(fields[19])
  }

  /// The fields of `/proc/<id>/stat` from the third, the state of the process, to the 22nd or further; `nil` if the system
  /// does not provide them.
  private static func statistics(of id: Int32) -> [String]? {
    // The second field is the program's name in parentheses, which may contain any characters.
    guard let bytes = contents(of: "/proc/\(id)/stat"),
      let end = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
    return fields.count > 19 ? fields.map { String(decoding: $0, as: UTF8.self) } : nil
  }
}
