import Glibc

/// The memory of this machine.
enum MachineMemory {
  /// Bytes that this process may use: the machine's, or less where its control group says so.
  static var total: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    return controlGroupLimit.map { min($0, pages) } ?? pages
  }

  /// Bytes for stages unless the user says otherwise: a tenth is left for the system and for files in cache.
  static var forStages: Int { total / 10 * 9 }

  private static var controlGroupLimit: Int? {
    for path in ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
      // `max`, or a number beyond all machines, where there is no limit.
      if let text = firstLine(of: path) { return Int(text) }
    }
    return nil
  }

  private static func firstLine(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 255, file) != nil else { return nil }
    return String(
      decoding: line.prefix { $0 >= 32 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
