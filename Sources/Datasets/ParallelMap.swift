import Basics

/// The results of a function for all items, in the order of the items, computed on several threads.
///
/// - Parameters:
///   - stop: checked before each item.
///   - transform: must depend only on its item, so that the results do not depend on `threads`. It may throw
///     `Interrupted` if it is to stop.
/// - Returns: fewer results, those of the first items, if it was to stop.
///
/// If the system grants fewer threads, these do all of the work.
///
/// - Throws: the error of the first item (in order) whose transform threw.
func parallelMap<Item: Sendable, Output: Sendable>(
  _ items: [Item], threads: Int, unless stop: StopCheck,
  transform: @escaping @Sendable (Item) throws -> Output
) throws -> [Output] {
  let progress = ParallelProgress<Output>(count: items.count)
  let work: @Sendable () -> Void = {
    while !stop.isRequested, let index = progress.takeIndex() {
      progress.finish(index, Result { try transform(items[index]) })
    }
  }
  var started: [JoinableThread] = []
  for _ in 1..<max(1, min(threads, items.count)) {
    guard let thread = try? JoinableThread(running: work) else { break }
    started.append(thread)
  }
  work()
  // No item is left, so a thread that has not begun need not.
  for thread in started { thread.dismiss() }
  return try progress.outputs()
}

/// Which items have been taken, and their results.
private final class ParallelProgress<Output: Sendable>: Sendable {
  private struct State {
    var next = 0
    var results: [Result<Output, any Error>?]
  }

  private let count: Int
  // Threads take items and store results concurrently.
  private let state: Guarded<State>

  init(count: Int) {
    self.count = count
    state = Guarded(State(results: Array(repeating: nil, count: count)))
  }

  func takeIndex() -> Int? {
    state.withLock { state in
      guard state.next < count else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func finish(_ index: Int, _ result: Result<Output, any Error>) {
    state.withLock { $0.results[index] = result }
  }

  func outputs() throws -> [Output] {
    try state.withLock { state in
      // Items are taken in order, and whoever took one has finished it.
      var outputs: [Output] = []
      for result in state.results.prefix(state.next) {
        guard let result else { preconditionFailure("all threads have been joined") }
        if case .failure(let error) = result, error is Interrupted { break }
        outputs.append(try result.get())
      }
      return outputs
    }
  }
}
