import Glibc
import SystemPackage

/// The processors and memory that this process may use.
///
/// Those of the machine, or less if an affinity mask, a control group (version 1 or 2, the process's own or any above
/// it) or the allocation of a batch job limits them. They do not affect results.
package struct ProcessLimits: Hashable, Sendable {
  /// Processors, counting hardware threads; at least 1. A quota of a fraction of a processor counts as one.
  package var processors: Int
  /// Bytes of memory.
  package var memory: Int

  /// The limits of this process.
  package static let current = ProcessLimits(
    of: ProcessSurroundings(root: "/", environment: environment),
    processors: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
    memory: machineMemory)

  /// - Parameters:
  ///   - processors: of the machine.
  ///   - memory: of the machine, in bytes.
  package init(of surroundings: ProcessSurroundings, processors: Int, memory: Int) {
    let groups = surroundings.controlGroups
    let limits =
      [surroundings.affinity, surroundings.number("SLURM_CPUS_PER_TASK")]
      + groups.map(\.processors)
    self.processors = max(1, limits.compactMap { $0 }.reduce(processors, min))
    let allocated = surroundings.number("SLURM_MEM_PER_NODE").flatMap { megabytes in
      let (bytes, overflow) = megabytes.multipliedReportingOverflow(by: 1 << 20)
      return overflow || megabytes == 0 ? nil : bytes
    }
    self.memory = ([memory, allocated ?? .max] + groups.compactMap(\.memory)).min() ?? memory
  }

  /// In bytes; unlimited if the system does not report it.
  private static var machineMemory: Int {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    guard pages > 0, size > 0 else { return .max }
    let (bytes, overflows) = pages.multipliedReportingOverflow(by: size)
    return overflows ? .max : bytes
  }

  private static var environment: [String: String] {
    var variables: [String: String] = [:]
    for name in ["SLURM_CPUS_PER_TASK", "SLURM_MEM_PER_NODE"] {
      if let value = getenv(name) { variables[name] = String(cString: value) }
    }
    return variables
  }
}

/// Where a process finds its limits.
package struct ProcessSurroundings: Sendable {
  /// The root of the control groups' files: `/`.
  package var root: FilePath
  package var environment: [String: String]

  package init(root: FilePath, environment: [String: String]) {
    self.root = root
    self.environment = environment
  }

  fileprivate func number(_ variable: String) -> Int? {
    environment[variable].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  /// Processors in the affinity mask, which the kernel writes in groups of 32 bits; `nil` if it is not available.
  fileprivate var affinity: Int? {
    let key = "Cpus_allowed:"
    guard
      let line = lines(of: root.appending("proc/self/status")).first(where: { $0.hasPrefix(key) })
    else { return nil }
    var count = 0
    for group in line.dropFirst(key.count).split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      guard let bits = UInt64(group, radix: 16) else { return nil }
      count += bits.nonzeroBitCount
    }
    return count > 0 ? count : nil
  }

  /// The limits of a control group; `nil` for those that it does not set.
  fileprivate struct ControlGroup {
    var processors: Int?
    var memory: Int?
  }

  /// The process's own groups and all groups above them, of every hierarchy mounted at its usual path.
  fileprivate var controlGroups: [ControlGroup] {
    let mounts = root.appending("sys/fs/cgroup")
    var groups: [ControlGroup] = []
    for line in lines(of: root.appending("proc/self/cgroup")) {
      // hierarchy:controllers:path; version 2 has no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",").map(String.init)
      if controllers.isEmpty {
        for mount in [mounts, mounts.appending("unified")] {
          groups += folders(of: parts[2], below: mount).map(unified)
        }
      } else if controllers.contains("cpu") {
        groups += folders(of: parts[2], below: mounts.appending("cpu")).map(processors)
        groups += folders(of: parts[2], below: mounts.appending("cpu,cpuacct")).map(processors)
      } else if controllers.contains("memory") {
        groups += folders(of: parts[2], below: mounts.appending("memory")).map(memory)
      }
    }
    return groups
  }

  /// The folders from a group's own up to the mount. A container may see its own group as the mount.
  private func folders(of path: Substring, below mount: FilePath) -> [FilePath] {
    var names = path.split(separator: "/")
    // Outside the part that this process can see.
    if names.contains("..") { names = [] }
    return (0...names.count).map { count in
      names.prefix(count).reduce(mount) { $0.appending(String($1)) }
    }
  }

  private func unified(_ folder: FilePath) -> ControlGroup {
    // `max 100000`, or microseconds of processor time in so many microseconds.
    let quota = words(of: folder.appending("cpu.max")).compactMap { Int($0) }
    return ControlGroup(
      processors: quota.count == 2 ? share(quota[0], of: quota[1]) : nil,
      memory: words(of: folder.appending("memory.max")).first.flatMap { Int($0) })
  }

  private func processors(_ folder: FilePath) -> ControlGroup {
    guard let quota = words(of: folder.appending("cpu.cfs_quota_us")).first.flatMap({ Int($0) }),
      let period = words(of: folder.appending("cpu.cfs_period_us")).first.flatMap({ Int($0) })
    else { return ControlGroup() }
    return ControlGroup(processors: share(quota, of: period))
  }

  private func memory(_ folder: FilePath) -> ControlGroup {
    // Larger than any machine if there is no limit.
    ControlGroup(
      memory: words(of: folder.appending("memory.limit_in_bytes")).first.flatMap { Int($0) })
  }

  /// Rounded up, since a fraction of a processor is worth a thread. `nil` for no limit, which version 1 writes as −1.
  private func share(_ quota: Int, of period: Int) -> Int? {
    guard quota > 0, period > 0 else { return nil }
    return (quota - 1) / period + 1
  }

  private func words(of path: FilePath) -> [Substring] {
    lines(of: path).first?.split(separator: " ") ?? []
  }

  /// The lines of a small file; empty if there is no such file.
  private func lines(of path: FilePath) -> [Substring] {
    guard let bytes = try? LocalFileSystem().contents(of: path, upTo: 1 << 16) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }
}
