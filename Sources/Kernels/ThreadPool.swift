import CKernels
import Glibc
import Synchronization

/// Threads that share the tasks of one loop after another.
///
/// A loop's tasks are fixed by what is computed, never by the number of threads; threads take the
/// next task when they are free. So as long as tasks write to different places, results do not
/// depend on the number of threads. Pools are independent: several can work at once in one process.
package final class ThreadPool {
  /// Threads that run tasks, the caller included: as many as were asked for, unless the system grants fewer.
  package var threads: Int { handles.count + 1 }
  private let loop: SharedLoop
  private var handles: [pthread_t] = []

  /// - Precondition: `threads` is positive.
  package init(threads: Int) {
    precondition(threads > 0, "a pool needs a thread")
    loop = SharedLoop()
    // Signals are for the threads that the rest of the program knows of.
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    for worker in 1..<max(threads, 1) {
      let start = Unmanaged.passRetained(WorkerStart(loop: loop, worker: worker))
      var handle = pthread_t()
      let result = pthread_create(
        &handle, nil,
        { argument in
          let start = Unmanaged<WorkerStart>.fromOpaque(argument!).takeRetainedValue()
          start.loop.work(as: start.worker)
          return nil
        }, start.toOpaque())
      // Fewer threads take longer for the same results.
      guard result == 0 else {
        start.release()
        break
      }
      handles.append(handle)
    }
  }

  deinit {
    loop.stop()
    for handle in handles { pthread_join(handle, nil) }
  }

  /// Runs `body(task, worker)` for every task in `0..<count`, and returns when all are done.
  ///
  /// Workers are numbered `0..<threads`; no two tasks of one worker overlap in time, so scratch memory
  /// can be kept for each worker. Tasks run in no particular order. Not reentrant.
  package func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    guard threads > 1, count > 1 else {
      for task in 0..<count { body(task, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      loop.run(count, workers: threads - 1, body)
    }
  }
}

private final class WorkerStart {
  let loop: SharedLoop
  let worker: Int

  init(loop: SharedLoop, worker: Int) {
    self.loop = loop
    self.worker = worker
  }
}

/// The loop in progress, shared by the threads of a pool.
///
/// `body` and `count` are written by the caller before it raises `generation` (releasing) and read by
/// workers after they have seen it raised (acquiring); the caller does not write again before every
/// worker has reported in `remaining`.
private final class SharedLoop {
  private var body: ((Int, Int) -> Void)?
  private var count = 0
  private let next = Atomic<Int>(0)
  private let remaining = Atomic<Int>(0)
  private let generation = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  /// How often a waiting worker looks before it sleeps: about a millisecond. Waking a sleeping thread
  /// costs half of that on a virtual machine, and the gaps within a training step are much shorter.
  private static let patience = 20_000

  init() {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(condition)
    mutex.deallocate()
    condition.deallocate()
  }

  func run(_ count: Int, workers: Int, _ body: @escaping (Int, Int) -> Void) {
    self.body = body
    self.count = count
    next.store(0, ordering: .relaxed)
    remaining.store(workers, ordering: .relaxed)
    announce()
    share(body, as: 0)
    var looks = 0
    while remaining.load(ordering: .acquiring) > 0 {
      looks += 1
      // Where there are more threads than processors, the last task may wait for ours.
      if looks < 2_000 { ck_pause() } else { sched_yield() }
    }
    self.body = nil
  }

  func stop() {
    stopping.store(true, ordering: .relaxed)
    announce()
  }

  private func announce() {
    generation.add(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
  }

  private func share(_ body: (Int, Int) -> Void, as worker: Int) {
    let count = count
    while true {
      let task = next.add(1, ordering: .relaxed).oldValue
      if task >= count { return }
      body(task, worker)
    }
  }

  func work(as worker: Int) {
    var seen = 0
    while true {
      seen = wait(beyond: seen)
      if stopping.load(ordering: .relaxed) { return }
      if let body { share(body, as: worker) }
      remaining.subtract(1, ordering: .acquiringAndReleasing)
    }
  }

  private func wait(beyond seen: Int) -> Int {
    for _ in 0..<SharedLoop.patience {
      let current = generation.load(ordering: .acquiring)
      if current != seen { return current }
      ck_pause()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
    while true {
      let current = generation.load(ordering: .sequentiallyConsistent)
      if current != seen { return current }
      pthread_cond_wait(condition, mutex)
    }
  }
}
