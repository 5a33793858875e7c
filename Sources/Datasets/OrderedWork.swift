import Basics

/// Processes items on several threads, while the calling thread fetches them and takes the results, both in their order.
///
/// Items come in portions. The next one is fetched as soon as no more is left than the latest, so at most two are in memory,
/// and no thread waits for the slowest item of a portion. Where there is nothing to fetch or to take, the calling thread
/// processes items too; it does all of the work if the system grants no other thread.
///
/// - Parameters:
///   - stop: checked before each item.
///   - next: the next few items; empty at the end.
///   - transform: must depend only on its item, so that the results do not depend on `threads`.
///   - take: receives results, at least one.
/// - Throws: what `next` and `take` throw; the error of the first item (in order) whose transform threw, once the results
///   before it have been taken; `Interrupted` likewise.
package func processInOrder<Item: Sendable, Output: Sendable>(
  threads: Int, unless stop: StopCheck, next: () throws -> [Item],
  transform: @escaping @Sendable (Item) throws -> Output,
  take: ([(item: Item, output: Output)]) throws -> Void
) throws {
  let work = Monitor(OrderedWork<Item, Output>())
  let process: @Sendable (OrderedWork<Item, Output>.Task) -> Void = { task in
    let result = Result {
      try stop.check()
      return try transform(task.item)
    }
    work.wait { $0.finish(task.number, result) }
  }
  var helpers: [JoinableThread] = []
  defer {
    work.wait { $0.isOver = true }
    for helper in helpers { helper.dismiss() }
  }
  func addHelpers() {
    guard helpers.isEmpty else { return }
    for _ in 1..<max(1, threads) {
      let helper = try? JoinableThread {
        while let task = work.wait(until: { $0.isOver || $0.hasNext }, then: { $0.start() }) {
          process(task)
        }
      }
      guard let helper else { break }
      helpers.append(helper)
    }
  }

  var latest = 0
  var isComplete = false
  while true {
    let (finished, failure, left) = work.wait { work in
      let (finished, failure) = work.removeFinished()
      return (finished, failure, work.count)
    }
    if !finished.isEmpty { try take(finished) }
    if let failure { throw failure }
    if !isComplete, left <= latest {
      let portion = try next()
      latest = portion.count
      isComplete = portion.isEmpty
      work.wait { $0.append(portion) }
      if !isComplete { addHelpers() }
    }
    if let task = work.wait(then: { $0.start() }) {
      process(task)
    } else if isComplete, left == 0 {
      return
    } else {
      work.wait(until: { $0.isFirstFinished }, then: { _ in })
    }
  }
}

/// Items in their order: those that are finished or being processed, then those that wait.
private struct OrderedWork<Item: Sendable, Output: Sendable>: Sendable {
  struct Task: Sendable {
    let number: Int
    let item: Item
  }

  private struct Entry: Sendable {
    let item: Item
    var result: Result<Output, any Error>?
  }

  private var entries: [Entry] = []
  /// The number of the first entry.
  private var first = 0
  /// The number of the first item that waits.
  private var next = 0
  /// Whether no further item is to be processed.
  var isOver = false

  var count: Int { entries.count }
  var hasNext: Bool { next - first < entries.count }
  var isFirstFinished: Bool { entries.first?.result != nil }

  mutating func append(_ items: [Item]) { entries += items.map { Entry(item: $0) } }

  /// The next item that waits, if it is to be processed.
  mutating func start() -> Task? {
    guard hasNext, !isOver else { return nil }
    defer { next += 1 }
    return Task(number: next, item: entries[next - first].item)
  }

  mutating func finish(_ number: Int, _ result: Result<Output, any Error>) {
    entries[number - first].result = result
  }

  /// The results of the first items, and the error of the one behind them if that is why they end.
  mutating func removeFinished() -> (
    finished: [(item: Item, output: Output)], failure: (any Error)?
  ) {
    var finished: [(item: Item, output: Output)] = []
    var failure: (any Error)?
    for entry in entries {
      guard let result = entry.result else { break }
      switch result {
      case .success(let output): finished.append((entry.item, output))
      case .failure(let error): failure = error
      }
      if failure != nil { break }
    }
    entries.removeFirst(finished.count)
    first += finished.count
    return (finished, failure)
  }
}
