import Basics
import Synchronization

/// Which observations samples with replacement are made of: the same for any two sets of equal size.
///
/// The draws of the size last asked for are kept, since the points of a study are mostly as many as each
/// other, and drawing takes longer than adding up.
final class BootstrapDraws: Sendable {
  private let stream: RandomStream
  private let known = Mutex<(count: Int, indices: [UInt32])?>(nil)

  /// No more are drawn at a time: 4 MB.
  private static let mostIndices = 1 << 20

  init(stream: RandomStream) { self.stream = stream }

  /// Calls `body` with each of so many samples: as many positions among `count` observations.
  func samples(_ number: Int, of count: Int, _ body: (ArraySlice<UInt32>) -> Void) {
    let atOnce = max(1, min(number, BootstrapDraws.mostIndices / count))
    for first in stride(from: 0, to: number, by: atOnce) {
      let last = min(first + atOnce, number)
      let indices =
        atOnce == number
        ? kept(number, of: count) : drawn(first * count..<last * count, below: count)
      for sample in 0..<last - first { body(indices[sample * count..<(sample + 1) * count]) }
    }
  }

  private func kept(_ number: Int, of count: Int) -> [UInt32] {
    known.withLock { known in
      if let known, known.count == count, known.indices.count == number * count {
        return known.indices
      }
      let indices = drawn(0..<number * count, below: count)
      known = (count, indices)
      return indices
    }
  }

  /// Draw i is word i % 4 of the random bits at position i / 4.
  private func drawn(_ range: Range<Int>, below count: Int) -> [UInt32] {
    let bound = UInt32(count)
    var indices: [UInt32] = []
    indices.reserveCapacity(range.count)
    var position = range.lowerBound / 4
    var words = stream.bits(at: UInt64(position))
    for index in range {
      if index / 4 != position {
        position = index / 4
        words = stream.bits(at: UInt64(position))
      }
      indices.append(words[index % 4].multipliedFullWidth(by: bound).high)
    }
    return indices
  }
}
