import Glibc

/// The memory limit that batch jobs and shells set for a process (`ulimit -v`).
///
/// Swift and many libraries end the program if an allocation fails, so code that is about to allocate a lot checks
/// first.
package enum AddressSpace {
  /// Whether there is a limit.
  package static let isLimited: Bool = {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
      && limit.rlim_cur != rlim_t.max
  }()

  /// Checks that the limit leaves enough memory.
  ///
  /// - Throws: `DiagnosticError` if it does not.
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
