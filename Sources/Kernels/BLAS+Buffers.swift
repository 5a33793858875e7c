import Synchronization

extension BLAS {
  /// Address space in bytes that OpenBLAS uses for each concurrently multiplying thread, in the builds of
  /// distributions, which support many processors.
  package static let bufferSize = 128 << 20

  /// Buffers for a number of threads that will multiply concurrently, allocated in advance.
  ///
  /// If an allocation fails, OpenBLAS retries forever. A process with limited memory therefore allocates all buffers
  /// while it knows that there is room for them. They exist until the program ends, and are used by whichever threads
  /// multiply.
  package final class Buffers: Sendable {
    private let threads: Int

    private struct State {
      /// The number of threads that may multiply concurrently.
      var threads = 0
      var known: Set<UInt> = []
    }

    private static let state = Mutex(State())

    /// - Parameter makeRoom: receives the number of bytes to be allocated, and throws if there is no room.
    package init(
      of library: BLAS, threads: Int, makeRoom: (_ bytes: Int) throws -> Void
    ) throws {
      self.threads = threads
      try Buffers.state.withLock { state in
        let missing = state.threads + threads - state.known.count
        if missing > 0 {
          try makeRoom(missing * bufferSize)
          library.makeBuffers(missing, beside: &state.known)
        }
        state.threads += threads
      }
    }

    deinit { Buffers.state.withLock { $0.threads -= threads } }
  }
}

extension BLAS {
  /// Makes OpenBLAS allocate buffers: it reuses free ones before it allocates another.
  fileprivate func makeBuffers(_ count: Int, beside known: inout Set<UInt>) {
    guard let takeBuffer, let giveBuffer else { return }
    var taken: [UnsafeMutableRawPointer] = []
    var fresh = 0
    while fresh < count, let buffer = takeBuffer(0) {
      taken.append(buffer)
      if known.insert(UInt(bitPattern: buffer)).inserted { fresh += 1 }
    }
    for buffer in taken { giveBuffer(buffer) }
  }
}
