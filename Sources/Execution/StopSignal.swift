import Synchronization

/// Asks a run to stop, from anywhere; once asked, it stays so.
package final class StopSignal: Sendable {
  private let flag = Atomic(false)

  package init() {}

  /// Asks the run to stop. Takes no lock, so a signal handler may call it.
  package func request() { flag.store(true, ordering: .releasing) }

  package var isRequested: Bool { flag.load(ordering: .acquiring) }
}
