import Glibc

/// The memory of this machine.
enum MachineMemory {
  /// Bytes that this process may use: the machine's, or less where its control group or its limits say so.
  static var total: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    return [pages, controlGroupLimit, addressSpace].compactMap { $0 }.min() ?? pages
  }

  /// What the limit on its address space leaves the process (`ulimit -v`); `nil` where there is none.
  private static var addressSpace: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      let bytes = Int(exactly: limit.rlim_cur)
    else { return nil }
    // The first number is the size of the address space, in pages.
    let text = firstLine(of: "/proc/self/statm") ?? ""
    let used = (Int(text.prefix { $0 != " " }) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    return max(0, bytes - used)
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
