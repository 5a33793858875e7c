import Basics

extension RateSchedule {
  /// A digest of the learning rates of the first steps, equal for two schedules that agree so far.
  ///
  /// - Parameters: as for `rate(at:perEpoch:length:)`.
  package func digest(ofFirst steps: Int, perEpoch: Int, length: Int) -> Fingerprint {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(steps * 8)
    for iteration in 0..<steps {
      let bits = rate(at: iteration, perEpoch: perEpoch, length: length).bitPattern
      withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return Fingerprint(of: bytes)
  }
}
