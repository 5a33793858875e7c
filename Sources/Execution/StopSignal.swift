import Synchronization

/// Requests from any thread that a run stop; a request cannot be withdrawn.
package final class StopSignal: Sendable {
  private let flag = Atomic(false)

  package init() {}

  /// Requests that the run stop. Takes no lock, so a signal handler may call it.
  package func request() { flag.store(true, ordering: .releasing) }

  package var isRequested: Bool { flag.load(ordering: .acquiring) }
}
