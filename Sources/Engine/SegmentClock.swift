import Glibc

/// Seconds spent in each segment of a net.
struct SegmentClock {
  private(set) var forward: [Double]
  private(set) var backward: [Double]

  init(segments: Int) {
    forward = Array(repeating: 0, count: segments)
    backward = forward
  }

  /// The shorter time of each segment.
  func fastest(_ other: SegmentClock) -> SegmentClock {
    var result = self
    for index in forward.indices {
      result.forward[index] = min(forward[index], other.forward[index])
      result.backward[index] = min(backward[index], other.backward[index])
    }
    return result
  }

  var now: Double { SegmentClock.seconds }

  mutating func addForward(_ segment: Int, since start: Double) {
    forward[segment] += SegmentClock.seconds - start
  }

  mutating func addBackward(_ segment: Int, since start: Double) {
    backward[segment] += SegmentClock.seconds - start
  }

  /// Seconds of a monotonic clock.
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
