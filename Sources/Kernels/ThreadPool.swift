import CKernels
import Glibc
import Synchronization

/// Threads that share the tasks of one loop after another.
///
/// The tasks of a loop depend on what is computed, never on the number of threads; idle threads take the next task.
/// As long as tasks write to different locations, results do not depend on the number of threads. Pools are
/// independent: several can work at once in one process.
package final class ThreadPool {
  /// The number of threads, including the caller: as many as requested, unless the system grants fewer. At most as
  /// many as there are processors run tasks.
  package private(set) var threads: Int
  private let loop: SharedLoop
  private var handles: [pthread_t] = []

  /// - Parameter processors: those that the process may use. More threads would wait for each other: with 16 on one
  ///   processor, a training step took 40 times as long as with one.
  /// - Precondition: `threads` is positive.
  package init(threads: Int, processors: Int) {
    precondition(threads > 0, "a pool needs a thread")
    self.threads = threads
    loop = SharedLoop()
    // Signals are handled by the program's other threads.
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    for worker in 1..<max(min(threads, processors), 1) {
      let start = Unmanaged.passRetained(WorkerStart(loop: loop, worker: worker))
      var handle = pthread_t()
      let result = pthread_create(
        &handle, nil,
        { argument in
          let start = Unmanaged<WorkerStart>.fromOpaque(argument!).takeRetainedValue()
          start.loop.work(as: start.worker)
          return nil
        }, start.toOpaque())
      // Fewer threads take longer, with the same results.
      guard result == 0 else {
        start.release()
        self.threads = worker
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
  /// Workers are numbered `0..<threads`; tasks of the same worker never overlap in time, so each worker can have its
  /// own scratch memory. Tasks run in no particular order. Not reentrant.
  package func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
    guard !handles.isEmpty, count > 1 else {
      for task in 0..<count { body(task, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      loop.run(count, body)
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

/// The current loop, shared by the threads of a pool.
///
/// A worker joins a loop while it is open, and leaves it when no task is left. The caller closes the loop when it
/// finds no task itself, and waits for the workers that have joined. A worker without a processor therefore delays
/// nobody, unless it is inside a task. (When every loop waited for every worker, 16 threads on one processor took 40
/// times as long as one.)
///
/// `body` and `count` are written by the caller before it opens the loop (releasing) and read by workers after they
/// have joined it (acquiring). The caller does not write again before all workers that have joined have left.
private final class SharedLoop {
  private var body: ((Int, Int) -> Void)?
  private var count = 0
  private let next = Atomic<Int>(0)
  private let state = Atomic<UInt64>(0)
  private let stopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let opened: UnsafeMutablePointer<pthread_cond_t>
  private let left: UnsafeMutablePointer<pthread_cond_t>

  /// The state of a loop in one word: its number in the upper half, whether it is open, and the number of workers in
  /// it.
  private struct State {
    static let open: UInt64 = 1 << 31

    var word: UInt64

    var number: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
    var isOpen: Bool { word & State.open != 0 }
    var workers: UInt64 { word & (State.open - 1) }
  }

  /// The number of times a waiting worker checks before it sleeps: about a millisecond. Waking a sleeping thread
  /// costs half of that on a virtual machine, and the gaps within a training step are much shorter.
  private static let patience = 20_000
  /// The number of times the caller checks whether the last task is done, before it yields the processor.
  private static let callersPatience = 2_000

  init() {
    mutex = .allocate(capacity: 1)
    opened = .allocate(capacity: 1)
    left = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(opened, nil)
    pthread_cond_init(left, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(opened)
    pthread_cond_destroy(left)
    mutex.deallocate()
    opened.deallocate()
    left.deallocate()
  }

  func run(_ count: Int, _ body: @escaping (Int, Int) -> Void) {
    self.body = body
    self.count = count
    next.store(0, ordering: .relaxed)
    open()
    share(body, as: 0)
    close()
    self.body = nil
  }

  func stop() {
    stopping.store(true, ordering: .relaxed)
    open()
  }

  // MARK: - The caller

  private func open() {
    let number = State(word: state.load(ordering: .relaxed)).number &+ 1
    state.store(UInt64(number) << 32 | State.open, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      pthread_mutex_lock(mutex)
      pthread_cond_broadcast(opened)
      pthread_mutex_unlock(mutex)
    }
  }

  /// Admits no further workers, and returns when all have left.
  private func close() {
    state.bitwiseAnd(~State.open, ordering: .acquiringAndReleasing)
    for _ in 0..<SharedLoop.callersPatience {
      if isLeft { return }
      ck_pause()
    }
    pthread_mutex_lock(mutex)
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while !isLeft { pthread_cond_wait(left, mutex) }
    callerSleeps.store(false, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
  }

  private var isLeft: Bool {
    State(word: state.load(ordering: .sequentiallyConsistent)).workers == 0
  }

  // MARK: - Workers

  func work(as worker: Int) {
    var seen: UInt32 = 0
    while true {
      seen = wait(beyond: seen)
      if stopping.load(ordering: .relaxed) { return }
      guard join(seen) else { continue }
      if let body { share(body, as: worker) }
      leave()
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

  /// Whether the loop was still open.
  private func join(_ number: UInt32) -> Bool {
    var found = State(word: state.load(ordering: .relaxed))
    while found.isOpen, found.number == number {
      let (isDone, now) = state.compareExchange(
        expected: found.word, desired: found.word + 1, ordering: .acquiringAndReleasing)
      if isDone { return true }
      found.word = now
    }
    return false
  }

  private func leave() {
    let now = State(word: state.subtract(1, ordering: .sequentiallyConsistent).newValue)
    guard now.workers == 0, !now.isOpen, callerSleeps.load(ordering: .sequentiallyConsistent)
    else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_signal(left)
    pthread_mutex_unlock(mutex)
  }

  /// The number of an open loop other than the one seen last.
  private func wait(beyond seen: UInt32) -> UInt32 {
    for _ in 0..<SharedLoop.patience {
      if let number = openLoop(beyond: seen) { return number }
      ck_pause()
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
    while true {
      if let number = openLoop(beyond: seen) { return number }
      pthread_cond_wait(opened, mutex)
    }
  }

  private func openLoop(beyond seen: UInt32) -> UInt32? {
    let found = State(word: state.load(ordering: .sequentiallyConsistent))
    return found.isOpen && found.number != seen ? found.number : nil
  }
}
