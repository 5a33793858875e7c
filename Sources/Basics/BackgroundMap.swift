import Glibc

/// Maps elements that become available one by one: while the caller produces further elements, a separate thread
/// computes the results of earlier ones.
///
/// The thread only saves time: if the system refuses it, the caller computes everything at the end.
package struct BackgroundMap<Element: Sendable, Result: Sendable>: ~Copyable {
  private let batch: Int
  private let work: BatchWork<Element, Result>
  private var waiting: [Element] = []
  private var threads: [JoinableThread] = []
  private var isRefused = false

  /// - Parameters:
  ///   - batch: the number of elements handed over together.
  ///   - body: returns the results of a batch, one per element, in order.
  package init(batch: Int, _ body: @escaping @Sendable ([Element]) throws -> [Result]) {
    self.batch = batch
    work = BatchWork(body)
  }

  deinit {
    work.drop()
    for thread in threads { thread.dismiss() }
  }

  /// Adds an element to be mapped.
  package mutating func add(_ element: Element) {
    waiting.append(element)
    guard waiting.count == batch else { return }
    work.add(waiting)
    waiting.removeAll(keepingCapacity: true)
    if threads.isEmpty { addThread() }
  }

  /// The results for all elements, in the order in which they were added; remaining work uses all processor cores.
  ///
  /// - Throws: the error of the first batch for which `body` throws.
  package mutating func results() throws -> [Result] {
    if !waiting.isEmpty { work.add(waiting) }
    waiting = []
    work.close()
    let cores = ProcessLimits.current.processors
    let wanted = min(cores, work.openBatches) - 1
    while threads.count < wanted, !isRefused { addThread() }
    work.doAll()
    for thread in threads { thread.dismiss() }
    threads = []
    return try work.results()
  }

  private mutating func addThread() {
    guard !isRefused else { return }
    do throws(DiagnosticError) {
      threads.append(try JoinableThread { [work] in work.doAll() })
    } catch {
      isRefused = true
    }
  }
}

/// Batches in order, with their states.
private final class BatchWork<Element: Sendable, Result: Sendable>: Sendable {
  private struct State {
    var batches: [[Element]] = []
    var begun = 0
    /// Whether no further batches will be added.
    var isClosed = false
    var results: [Int: Swift.Result<[Result], any Error>] = [:]
  }

  private let body: @Sendable ([Element]) throws -> [Result]
  private let state = Monitor(State())

  init(_ body: @escaping @Sendable ([Element]) throws -> [Result]) { self.body = body }

  func add(_ batch: [Element]) { state.wait { $0.batches.append(batch) } }

  func close() { state.wait { $0.isClosed = true } }

  /// Drops batches that have not been started.
  func drop() {
    state.wait { state in
      state.begun = state.batches.count
      state.isClosed = true
    }
  }

  var openBatches: Int { state.wait { $0.batches.count - $0.begun } }

  /// Computes batches that have not been started, in order, until no further ones will be added.
  func doAll() {
    while let (number, batch) = state.wait(
      until: { $0.begun < $0.batches.count || $0.isClosed },
      then: { state -> (Int, [Element])? in
        guard state.begun < state.batches.count else { return nil }
        defer { state.begun += 1 }
        return (state.begun, state.batches[state.begun])
      })
    {
      let results = Swift.Result { try body(batch) }
      state.wait { $0.results[number] = results }
    }
  }

  /// The results of all batches, which must be complete.
  func results() throws -> [Result] {
    try state.wait { state in
      Swift.Result {
        try state.batches.indices.flatMap { number -> [Result] in
          guard let results = state.results[number] else {
            preconditionFailure("every batch is done")
          }
          return try results.get()
        }
      }
    }.get()
  }
}
