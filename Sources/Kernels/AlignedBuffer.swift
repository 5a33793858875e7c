import Glibc

/// A pointer to floats inside a `FloatBuffer`.
package typealias Floats = UnsafeMutablePointer<Float>

/// The storage of a blob's floats.
package typealias FloatBuffer = AlignedBuffer<Float>

/// An owned memory region of numbers, initially zero, aligned to a cache line.
///
/// Allocated when a net is set up and freed with it. Pointers into it are only passed to kernels, and are valid as
/// long as the buffer is retained; the pointer of a temporary dangles immediately.
package final class AlignedBuffer<Element: BitwiseCopyable> {
  package let count: Int
  package let start: UnsafeMutablePointer<Element>

  /// - Precondition: enough memory; the program cannot continue without it.
  package init(count: Int) {
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Element>.stride
    var memory: UnsafeMutableRawPointer?
    // Large buffers are aligned to huge pages: page faults otherwise take a noticeable part of a step.
    let isLarge = bytes >= 4 << 20
    guard posix_memalign(&memory, isLarge ? 2 << 20 : 64, bytes) == 0, let memory else {
      preconditionFailure("out of memory: \(bytes) bytes for a buffer")
    }
    if isLarge { madvise(memory, bytes, MADV_HUGEPAGE) }
    memset(memory, 0, bytes)
    start = memory.bindMemory(to: Element.self, capacity: max(count, 1))
  }

  /// A buffer that contains the values.
  package convenience init(_ values: [Element]) {
    self.init(count: values.count)
    copy(values)
  }

  deinit { free(start) }

  /// All values.
  package var values: [Element] { Array(UnsafeBufferPointer(start: start, count: count)) }

  /// Overwrites the first values.
  package func copy(_ values: [Element]) {
    precondition(values.count <= count, "more values than the buffer holds")
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { start.update(from: base, count: source.count) }
    }
  }
}
