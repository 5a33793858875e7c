import Dispatch
import Synchronization

extension Array where Element: Sendable {
  /// The results for every element, in order, computed on all processor cores.
  ///
  /// - Parameters:
  ///   - batch: elements that are too little work to be divided; up to so many are gone through by the
  ///     caller alone.
  ///   - body: gives a batch's results, one for each element, in order.
  /// - Throws: the error of the first batch for which `body` throws.
  package func concurrentMap<Result: Sendable>(
    batch: Int, _ body: @Sendable (ArraySlice<Element>) throws -> [Result]
  ) throws -> [Result] {
    guard count > batch else { return try body(self[...]) }
    let batches = (count + batch - 1) / batch
    let done = Mutex<[Int: Swift.Result<[Result], any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: batches) { number in
      let slice = self[number * batch..<Swift.min((number + 1) * batch, count)]
      let results = Swift.Result { try body(slice) }
      done.withLock { $0[number] = results }
    }
    return try done.withLock { done in
      try (0..<batches).flatMap { number -> [Result] in
        guard let results = done[number] else { preconditionFailure("every batch is done") }
        return try results.get()
      }
    }
  }
}
