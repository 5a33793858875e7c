import Synchronization

/// A number that threads share.
final class Counter: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .sequentiallyConsistent) }

  /// Adds to the number; returns the result.
  @discardableResult
  func increment(by step: Int = 1) -> Int {
    count.add(step, ordering: .sequentiallyConsistent).newValue
  }
}
