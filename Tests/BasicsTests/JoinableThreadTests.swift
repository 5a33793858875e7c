import Basics
import Glibc
import Testing

@Suite struct JoinableThreadTests {
  @Test func joiningWaitsForTheClosure() throws {
    let sum = Guarded(0)
    for number in 1...100 {
      let thread = try JoinableThread { sum.withLock { $0 += number } }
      thread.join()
      #expect(sum.withLock { $0 } == number * (number + 1) / 2)
    }
  }

  @Test func threadsStayForTheNextClosure() throws {
    let used = Guarded<Set<pthread_t>>([])
    for _ in 0..<200 {
      let thread = try JoinableThread { used.withLock { _ = $0.insert(pthread_self()) } }
      thread.join()
    }
    // Other tests take threads that this one has used, but not each time.
    #expect(used.withLock { $0.count } < 100)
  }

  @Test func threadsAreNotMixedUpWithThoseOfAnotherStack() throws {
    let used = Guarded<[JoinableThread.Stack: Set<pthread_t>]>([:])
    for number in 0..<40 {
      let stack: JoinableThread.Stack = number % 2 == 0 ? .small : .large
      let thread = try JoinableThread(stack: stack) {
        used.withLock { _ = $0[stack, default: []].insert(pthread_self()) }
      }
      thread.join()
    }
    let threads = used.withLock { $0 }
    #expect(threads[.small, default: []].isDisjoint(with: threads[.large, default: []]))
  }

  @Test func closuresRunAtTheSameTime() throws {
    let arrived = Monitor(0)
    let threads = try (0..<20).map { _ in
      try JoinableThread {
        arrived.wait { $0 += 1 }
        arrived.wait(until: { $0 == 20 }, then: { _ in })
      }
    }
    for thread in threads { thread.join() }
    #expect(arrived.wait { $0 } == 20)
  }

  @Test func aClosureIsReleasedBeforeItIsJoined() throws {
    final class Token: Sendable {}
    for _ in 0..<100 {
      weak var kept: Token?
      let thread: JoinableThread
      do {
        let token = Token()
        kept = token
        thread = try JoinableThread { withExtendedLifetime(token) {} }
      }
      thread.join()
      #expect(kept == nil)
    }
  }

  @Test func aDismissedClosureHasRunOrNeverWill() throws {
    let (begun, ended) = (Guarded(0), Guarded(0))
    for _ in 0..<2000 {
      let thread = try JoinableThread {
        begun.withLock { $0 += 1 }
        ended.withLock { $0 += 1 }
      }
      thread.dismiss()
      #expect(begun.withLock { $0 } == ended.withLock { $0 })
    }
    let count = begun.withLock { $0 }
    // A thread whose closure was dropped takes others.
    let others = try (0..<50).map { _ in try JoinableThread {} }
    for other in others { other.join() }
    #expect(begun.withLock { $0 } == count)
  }

  @Test func threadsStartThreads() throws {
    let sum = Guarded(0)
    let threads = try (0..<8).map { _ in
      try JoinableThread {
        for _ in 0..<50 {
          guard let inner = try? JoinableThread(running: { sum.withLock { $0 += 1 } }) else {
            continue
          }
          inner.join()
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(sum.withLock { $0 } == 400)
  }
}
