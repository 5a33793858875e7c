import Glibc
import Kernels
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 5]) func everyTaskRunsOnce(threads: Int) {
    let pool = ThreadPool(threads: threads, processors: threads)
    let counts = AlignedBuffer<Int32>(count: 1000)
    for _ in 0..<50 {
      pool.run(1000) { task, worker in
        precondition(0..<threads ~= worker)
        counts.start[task] += 1
      }
    }
    #expect(counts.values.allSatisfy { $0 == 50 })
  }

  @Test func emptyLoopsAndPausesAreHarmless() {
    let pool = ThreadPool(threads: 3, processors: 3)
    let sum = Atomic<Int>(0)
    for round in 0..<20 {
      pool.run(0) { _, _ in sum.add(1_000_000, ordering: .relaxed) }
      pool.run(7) { task, _ in sum.add(task, ordering: .relaxed) }
      // Long enough, once, for the workers to have gone to sleep.
      if round == 10 { spin(iterations: 20_000_000) }
    }
    #expect(sum.load(ordering: .relaxed) == 20 * 21)
  }

  @Test func poolsWorkSideBySide() async {
    let totals = await withTaskGroup(of: Int.self) { group in
      for seed in 1...4 {
        group.addTask {
          let pool = ThreadPool(threads: 2, processors: 2)
          let sum = Atomic<Int>(0)
          for _ in 0..<200 { pool.run(10) { task, _ in sum.add(task * seed, ordering: .relaxed) } }
          return sum.load(ordering: .relaxed)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }.sorted()
    }
    #expect(totals == [1, 2, 3, 4].map { $0 * 45 * 200 })
  }

  /// Tasks that take long enough for workers to be inside one when the caller has taken the last.
  @Test func theCallerWaitsForTasksThatAreNotDone() {
    let pool = ThreadPool(threads: 4, processors: 4)
    let done = AlignedBuffer<Int32>(count: 8)
    for round in 1...30 {
      pool.run(8) { task, _ in
        if task > 0 { usleep(useconds_t(100 * task)) }
        done.start[task] += 1
      }
      #expect(done.values.allSatisfy { $0 == Int32(round) })
    }
  }

  /// Short loops in sequence: late workers must find the next loop, or none.
  @Test func lateWorkersTakeNoTaskOfALoopThatIsOver() {
    let pool = ThreadPool(threads: 8, processors: 8)
    let sum = Atomic<Int>(0)
    for round in 0..<20_000 {
      let count = 2 + round % 3
      pool.run(count) { task, _ in
        precondition(task < count)
        sum.add(1, ordering: .relaxed)
      }
    }
    #expect(sum.load(ordering: .relaxed) == (0..<20_000).reduce(0) { $0 + 2 + $1 % 3 })
  }

  @Test func threadsBeyondTheProcessorsCountButDoNotRun() {
    let pool = ThreadPool(threads: 16, processors: 1)
    #expect(pool.threads == 16)
    let workers = Atomic<Int>(0)
    pool.run(100) { _, worker in workers.add(worker, ordering: .relaxed) }
    #expect(workers.load(ordering: .relaxed) == 0)
  }

  private func spin(iterations: Int) {
    let counter = Atomic<Int>(0)
    for _ in 0..<iterations { counter.add(1, ordering: .relaxed) }
  }
}
