import Basics

extension RateSchedule {
  /// A digest of the learning rates of the first steps, equal for two schedules that agree so far.
  ///
  /// - Parameters: as for `rate(at:perEpoch:length:)`.
  package func digest(ofFirst steps: Int, perEpoch: Int, length: Int) -> Fingerprint {
    var hasher = ContentHasher()
    var rates: [UInt64] = []
    let piece = 4096
    for first in stride(from: 0, to: steps, by: piece) {
      rates.removeAll(keepingCapacity: true)
      for iteration in first..<min(first + piece, steps) {
        let rate = rate(at: iteration, perEpoch: perEpoch, length: length)
        rates.append(rate.bitPattern.littleEndian)
      }
      rates.withUnsafeBytes { hasher.update($0) }
    }
    return hasher.finalized()
  }
}
