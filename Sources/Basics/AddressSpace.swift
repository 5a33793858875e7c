import Glibc

/// The limit that batch jobs and shells set to a process's memory (`ulimit -v`).
///
/// Swift and many libraries end the program where they are given no memory. So whoever is about to take much
/// asks before.
package enum AddressSpace {
  /// Whether there is a limit.
  package static let isLimited: Bool = {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
      && limit.rlim_cur != rlim_t.max
  }()

  /// Makes sure that the limit leaves some room.
  ///
  /// - Throws: `DiagnosticError` where it does not.
  package static func require(_ bytes: Int, for purpose: String) throws(DiagnosticError) {
    guard isLimited, bytes > 0 else { return }
    let room = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let room, room != MAP_FAILED else {
      throw DiagnosticError(
        "the memory limit (ulimit -v) is too low for \(purpose), which takes about \(bytes >> 20) MB more",
        notes: [.init("raise the limit, or give fewer threads and jobs")], cause: .outOfMemory)
    }
    munmap(room, bytes)
  }
}
