import Basics
import Glibc

/// A barrier where threads wait until a given number have arrived.
final class Gate: Sendable {
  private let parties: Int
  private let arrived = Counter()

  init(parties: Int) { self.parties = parties }

  /// Waits for the others.
  ///
  /// - Throws: `DiagnosticError` if they do not arrive, so that a test fails instead of hanging.
  func pass() throws {
    arrived.increment()
    for _ in 0..<20_000 {
      if arrived.value >= parties { return }
      usleep(1000)
    }
    throw DiagnosticError("only \(arrived.value) of \(parties) came")
  }
}
