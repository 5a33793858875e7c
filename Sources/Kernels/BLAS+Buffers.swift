import Synchronization

extension BLAS {
  /// Bytes of address space that OpenBLAS takes for each thread that multiplies at the same time as others,
  /// in the builds for many processors that distributions have.
  package static let bufferSize = 128 << 20

  /// Buffers for some threads that are going to multiply at once, made beforehand.
  ///
  /// Where the system gives it no memory, OpenBLAS asks again for ever: so a process whose memory is limited
  /// makes all buffers while it knows that there is room for them. They stay until the program ends, and are
  /// for whoever multiplies then.
  package final class Buffers: Sendable {
    private let threads: Int

    private struct State {
      /// Threads that may multiply at the moment.
      var threads = 0
      var known: Set<UInt> = []
    }

    private static let state = Mutex(State())

    /// - Parameter makeRoom: is told how many bytes are going to be taken, and throws where there is no room.
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
  /// Has OpenBLAS make buffers: it hands out those that are free before it makes another one.
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
