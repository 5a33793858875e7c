import Basics
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Runs of ten stages in which calls to the system fail, once or from some time on.
///
/// Not covered is what fails before the program's first line, and within the C library and the Swift
/// runtime, which end the program where they are given no memory.
@Suite(.serialized) struct CallFaultTests {
  /// How a call may fail.
  private static let codes: [String: [Int32]] = [
    "open": [EMFILE, EIO, ENOSPC, EINTR, ENOMEM], "close": [EINTR, EIO, ENOSPC],
    "read": [EIO, EINTR, 0], "pread": [EIO, EINTR, 0], "write": [ENOSPC, EIO, EINTR, 0],
    "pwrite": [ENOSPC, EIO, EINTR, 0], "fsync": [EIO, ENOSPC, EINTR], "ftruncate": [EINTR, EIO],
    "lseek": [EIO], "stat": [EIO, EACCES], "lstat": [EIO], "fstat": [EIO],
    "opendir": [EMFILE, EINTR, EIO],
    "readdir": [EIO], "mkdir": [ENOSPC, EIO, EROFS], "rmdir": [EIO, EBUSY], "unlink": [EIO, EROFS],
    "rename": [EIO, ENOSPC], "link": [EIO, ENOSPC, EPERM], "utimensat": [EIO, EACCES],
    "fchmod": [EIO, EPERM], "mmap": [ENOMEM], "pthread_create": [EAGAIN], "getrandom": [EINTR],
    "statvfs": [EIO, EINTR],
  ]

  /// Failures of every call that a run makes, in the order of kinds, first once and then lastingly.
  private static func failures(of counts: [String: Int]) -> [MachineFaults.Failure] {
    [false, true].flatMap { isLasting in
      counts.sorted { $0.key < $1.key }.flatMap { call, count -> [MachineFaults.Failure] in
        guard count > 0 else { return [] }
        let codes = codes[call] ?? [EIO]
        return (1...count).compactMap { number in
          let code = codes[number % codes.count]
          // A system that does nothing but ask to try again is none.
          if isLasting, code == EINTR || code == 0 { return nil }
          return .init(call: call, first: number, isLasting: isLasting, code: code)
        }
      }
    }
  }

  @Test func everyFailedCallIsTheStagesError() throws {
    try FaultTrial.start { trial in
      try trial.reset()
      let countsFile = trial.folder.appending("counts")
      try trial.run(
        environment: trial.faults.environment(countingTo: countsFile), during: "counting")
      let counts = try trial.faults.counts(in: countsFile)
      // A run on a disk makes these calls; if they were not seen, none could fail.
      for call in ["open", "write", "fsync", "rename", "pthread_create", "pwrite", "readdir"] {
        try #require(counts[call]! > 0, "no \(call) was seen")
      }
      let all = Self.failures(of: counts)
      let step = Soak.stride > 0 ? Soak.stride : max(1, all.count / Soak.calls)
      let chosen = stride(from: Int(Soak.seed) % step, to: all.count, by: step).map { all[$0] }
      var failed: [String: Int] = [:]
      for failure in chosen {
        try trial.reset()
        let what = "\(failure)"
        let outcome = try trial.run(
          environment: trial.faults.environment(failing: failure), during: what)
        if outcome.status != 0 {
          failed[failure.call, default: 0] += 1
          // Who can write nothing any more can tell nothing either.
          let isMute = failure.call == "write" && failure.isLasting
          if !isMute, !outcome.errors.contains("error") {
            Issue.record("\(what): status \(outcome.status) without a message: \(outcome.errors)")
          }
        }
        try trial.expectRecovery(from: what)
      }
      let kinds = Dictionary(grouping: chosen, by: \.call).mapValues(\.count)
      let lasting = chosen.count(where: \.isLasting)
      print(
        "\(chosen.count) of \(all.count) failures, \(chosen.count - lasting) of one call and \(lasting) from a call "
          + "on, by kind (and how many ended the run):")
      for (call, count) in kinds.sorted(by: { $0.key < $1.key }) {
        print("  \(call) \(count) (\(failed[call] ?? 0))")
      }
    }
  }

  @Test func everyThreadThatCannotBeStartedIsAnErrorOrDoneWithout() throws {
    try FaultTrial.start { trial in
      let countsFile = trial.folder.appending("counts")
      try trial.reset()
      try trial.run(
        environment: trial.faults.environment(countingTo: countsFile), during: "counting")
      let threads = try trial.faults.counts(in: countsFile)["pthread_create"]!
      try #require(threads > 4)
      let step = Soak.isLong ? 1 : threads / 4
      for isLasting in [false, true] {
        for number in stride(from: 1, through: threads, by: step) {
          try trial.reset()
          let failure = MachineFaults.Failure(
            call: "pthread_create", first: number, isLasting: isLasting, code: EAGAIN)
          let outcome = try trial.run(
            environment: trial.faults.environment(failing: failure), during: "\(failure)")
          #expect(outcome.status == 0 || outcome.errors.contains("cannot start a thread"))
          try trial.expectRecovery(from: "\(failure)")
        }
      }
    }
  }
}
