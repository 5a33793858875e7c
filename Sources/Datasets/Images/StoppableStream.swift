import Basics
import CGNU
import Glibc

/// Bytes in memory as a stream of the C library, which ends early if the work is to stop.
///
/// libpng decodes a whole image in one call, which takes seconds for the largest. It reads a few thousand bytes at a time
/// and ends with an error if there are no more: at most a thousand times as many bytes of pixels were unpacked since.
final class StoppableStream {
  private let bytes: UnsafeRawBufferPointer
  private let stop: StopCheck
  private var position = 0
  /// Whether the stream has ended early.
  private(set) var isStopped = false
  /// As the C library wants it.
  private(set) var file: UnsafeMutablePointer<FILE>?

  /// - Parameter bytes: must outlive the stream.
  /// - Throws: `DiagnosticError` if memory is short.
  init(_ bytes: UnsafeRawBufferPointer, unless stop: StopCheck) throws(DiagnosticError) {
    self.bytes = bytes
    self.stop = stop
    file = cgnu_open_stream(Unmanaged.passUnretained(self).toOpaque()) { own, buffer, count in
      guard let own, let buffer else { return -1 }
      return Unmanaged<StoppableStream>.fromOpaque(own).takeUnretainedValue().read(
        into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
    }
    guard file != nil else { throw DiagnosticError("out of memory", cause: .outOfMemory) }
  }

  deinit { if let file { fclose(file) } }

  private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    isStopped = isStopped || stop.isRequested
    guard !isStopped else { return -1 }
    let count = min(buffer.count, bytes.count - position)
    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
    position += count
    return count
  }
}
