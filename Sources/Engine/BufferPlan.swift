import Kernels

/// Which floats of one large buffer each of many short-lived arrays has: arrays that are needed at different times share
/// the same ones.
package struct BufferPlan {
  /// An array, and the moments from its first to its last use.
  package struct Request {
    package var count: Int
    package var moments: ClosedRange<Int>

    package init(count: Int, moments: ClosedRange<Int>) {
      self.count = count
      self.moments = moments
    }
  }

  /// Where each request begins.
  package let offsets: [Int]
  /// Floats of the buffer.
  package let count: Int

  /// Large arrays are placed first, each as low as those allow that are in use at the same time.
  package init(_ requests: [Request]) {
    var offsets = Array(repeating: 0, count: requests.count)
    var placed: [Int] = []
    var end = 0
    let order = requests.indices.sorted {
      (requests[$1].count, $0) < (requests[$0].count, $1)
    }
    for index in order {
      // Cache lines are not shared.
      let size = (requests[index].count + 15) / 16 * 16
      let others = placed.filter { requests[$0].moments.overlaps(requests[index].moments) }
        .sorted { offsets[$0] < offsets[$1] }
      var start = 0
      for other in others where offsets[other] < start + size {
        start = max(start, offsets[other] + (requests[other].count + 15) / 16 * 16)
      }
      offsets[index] = start
      placed.append(index)
      end = max(end, start + size)
    }
    self.offsets = offsets
    count = end
  }
}
