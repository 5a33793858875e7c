/// Tells work that takes long whether it is to end before it is done; handed down to whatever reads much.
package struct StopCheck: Sendable {
  private let ask: @Sendable () -> Bool

  /// - Parameter ask: called at least every second, from the thread that does the work.
  package init(_ ask: @escaping @Sendable () -> Bool) { self.ask = ask }

  /// For work that nobody interrupts.
  package static let never = StopCheck { false }

  package var isRequested: Bool { ask() }

  /// - Throws: `Interrupted` where the work is to end.
  package func check() throws(Interrupted) {
    if ask() { throw Interrupted() }
  }
}

/// Thrown by work that ended on request, and left nothing half done.
package struct Interrupted: Error, Hashable {
  package init() {}
}
