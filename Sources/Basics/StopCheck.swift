/// Tells long-running work whether to stop early; passed down to everything that reads a lot.
package struct StopCheck: Sendable {
  private let ask: @Sendable () -> Bool

  /// - Parameter ask: called at least once per second, from the thread that does the work.
  package init(_ ask: @escaping @Sendable () -> Bool) { self.ask = ask }

  /// For work that is not interrupted.
  package static let never = StopCheck { false }

  package var isRequested: Bool { ask() }

  /// - Throws: `Interrupted` if the work is to stop.
  package func check() throws(Interrupted) {
    if ask() { throw Interrupted() }
  }
}

/// Thrown by work that stopped on request, without leaving partial results.
package struct Interrupted: Error, Hashable {
  package init() {}
}
