import Basics
import Glibc
import TestSupport
import Testing

/// Runs of ten stages whose memory is limited, as batch jobs limit it.
@Suite struct AddressSpaceTests {
  @Test func anAddressSpaceThatIsTooSmallIsAnError() throws {
    try FaultTrial.start { trial in
      let sizes =
        Soak.isLong
        ? Array(stride(from: 50_000, through: 2_500_000, by: 25_000))
        : [250_000, 550_000, 2_000_000]
      var ended = 0
      for kilobytes in sizes {
        try trial.reset()
        let what = "ulimit -v \(kilobytes)"
        let program = try Program.start(
          FaultTrial.run, in: trial.folder, limits: "-v \(kilobytes)")
        guard program.ends(within: 120_000_000) else {
          kill(program.id, SIGKILL)
          _ = try program.outcome()
          Issue.record("\(what): the program hangs")
          continue
        }
        let outcome = try program.outcome()
        // Below some size, the loader cannot even load the program.
        let isLoaded = outcome.status != 127
        if outcome.wasEndedBySignal || isLoaded && !(0...2).contains(outcome.status) {
          Issue.record("\(what): signal or status \(outcome.status): \(outcome.errors.suffix(600))")
        }
        if outcome.status == 0 { ended += 1 }
        try trial.expectRecovery(from: what)
      }
      print("\(sizes.count) sizes of address space, \(ended) of them enough")
    }
  }
}
