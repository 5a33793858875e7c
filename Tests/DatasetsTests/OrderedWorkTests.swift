import Basics
import Datasets
import TestSupport
import Testing

@Suite struct OrderedWorkTests {
  private struct Odd: Error, Equatable {
    let number: Int
  }

  /// Provides 0, 1, 2, … in portions, up to a limit.
  private final class Source {
    private(set) var end = 0
    private let limit: Int
    private let portion: Int

    init(limit: Int, portion: Int) {
      self.limit = limit
      self.portion = portion
    }

    func next() -> [Int] {
      let items = Array(end..<min(end + portion, limit))
      end += items.count
      return items
    }
  }

  @Test(arguments: [1, 2, 5], [1, 3, 100])
  func resultsComeInOrder(threads: Int, portion: Int) throws {
    let source = Source(limit: 100, portion: portion)
    var taken: [Int] = []
    try processInOrder(
      threads: threads, unless: .never, next: source.next,
      transform: { number in
        // Later items are done first.
        var sum = 0
        for step in 0..<(number % 7 == 0 ? 100_000 : 10) { sum &+= step }
        return number * number + (sum < 0 ? 1 : 0)
      },
      take: { finished in
        #expect(!finished.isEmpty)
        for (item, output) in finished {
          #expect(output == item * item)
          taken.append(item)
        }
        #expect(source.end - taken.count <= 2 * portion)
      })
    #expect(taken == Array(0..<100))
  }

  @Test(arguments: [1, 3])
  func theFirstErrorCountsAndWhatCameBeforeIsTaken(threads: Int) throws {
    let source = Source(limit: 100, portion: 10)
    var taken: [Int] = []
    #expect(throws: Odd(number: 42)) {
      try processInOrder(
        threads: threads, unless: .never, next: source.next,
        transform: { number in
          if number >= 42 { throw Odd(number: number) }
          return number
        },
        take: { taken += $0.map(\.output) })
    }
    #expect(taken == Array(0..<42))
  }

  @Test(arguments: [1, 3])
  func errorsOfTheCallerEndIt(threads: Int) throws {
    let source = Source(limit: 100, portion: 10)
    #expect(throws: Odd(number: 0)) {
      try processInOrder(
        threads: threads, unless: .never, next: source.next, transform: { $0 },
        take: { _ in throw Odd(number: 0) })
    }
    #expect(throws: Odd(number: 20)) {
      try processInOrder(
        threads: threads, unless: .never,
        next: {
          if source.end >= 20 { throw Odd(number: 20) }
          return source.next()
        }, transform: { $0 }, take: { _ in })
    }
  }

  @Test(arguments: [1, 3])
  func itStopsBetweenTwoItems(threads: Int) throws {
    let source = Source(limit: 100, portion: 10)
    let isStopping = Guarded(false)
    var taken: [Int] = []
    #expect(throws: Interrupted.self) {
      try processInOrder(
        threads: threads, unless: StopCheck { isStopping.withLock { $0 } }, next: source.next,
        transform: { $0 },
        take: { finished in
          taken += finished.map(\.output)
          if taken.count >= 30 { isStopping.withLock { $0 = true } }
        })
    }
    #expect(taken.count >= 30 && taken == Array(0..<taken.count) && taken.count < 100)
  }

  @Test func nothingNeedsNoThread() throws {
    try processInOrder(
      threads: 4, unless: .never, next: { [Int]() }, transform: { $0 },
      take: { _ in Issue.record("nothing to take") })
  }
}
