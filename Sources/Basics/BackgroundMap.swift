import Dispatch
import Synchronization

/// Results for elements that become known one after another: while the caller goes on to the next ones, a
/// thread of its own computes those of the elements before.
package struct BackgroundMap<Element: Sendable, Result: Sendable>: ~Copyable {
  private let batch: Int
  private let work: BatchWork<Element, Result>
  private let queue = DispatchQueue(label: "background map", qos: .userInitiated)
  private var waiting: [Element] = []

  /// - Parameters:
  ///   - batch: elements that are handed over together.
  ///   - body: gives a batch's results, one for each element, in order.
  package init(batch: Int, _ body: @escaping @Sendable ([Element]) throws -> [Result]) {
    self.batch = batch
    work = BatchWork(body)
  }

  /// Adds an element to those whose results are wanted.
  package mutating func add(_ element: Element) {
    waiting.append(element)
    guard waiting.count == batch else { return }
    work.add(waiting)
    waiting.removeAll(keepingCapacity: true)
    queue.async { [work] in work.doNext() }
  }

  /// The results for all elements, in the order in which they were added; what is not done yet is done on
  /// all processor cores.
  ///
  /// - Throws: the error of the first batch for which the body throws.
  package consuming func results() throws -> [Result] {
    if !waiting.isEmpty { work.add(waiting) }
    let work = work
    DispatchQueue.concurrentPerform(iterations: work.openBatches) { _ in work.doNext() }
    // A batch that the queue has begun may still be under way.
    queue.sync {}
    return try work.results()
  }
}

/// Batches in order, and what has become of them.
private final class BatchWork<Element: Sendable, Result: Sendable>: Sendable {
  private struct State {
    var batches: [[Element]] = []
    var begun = 0
    var results: [Int: Swift.Result<[Result], any Error>] = [:]
  }

  private let body: @Sendable ([Element]) throws -> [Result]
  private let state = Mutex(State())

  init(_ body: @escaping @Sendable ([Element]) throws -> [Result]) { self.body = body }

  func add(_ batch: [Element]) { state.withLock { $0.batches.append(batch) } }

  var openBatches: Int { state.withLock { $0.batches.count - $0.begun } }

  /// Does the first batch that nobody has begun, if there is one.
  func doNext() {
    let next = state.withLock { state -> (number: Int, batch: [Element])? in
      guard state.begun < state.batches.count else { return nil }
      defer { state.begun += 1 }
      return (state.begun, state.batches[state.begun])
    }
    guard let next else { return }
    let results = Swift.Result { try body(next.batch) }
    state.withLock { $0.results[next.number] = results }
  }

  /// The results of all batches, which have to be done.
  func results() throws -> [Result] {
    try state.withLock { state in
      try state.batches.indices.flatMap { number -> [Result] in
        guard let results = state.results[number] else {
          preconditionFailure("every batch is done")
        }
        return try results.get()
      }
    }
  }
}
