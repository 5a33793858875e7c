/// The cyclic redundancy check with Castagnoli's polynomial, bit-reflected (RFC 3720, appendix B.4).
enum CRC32C {
  static func checksum(of bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xff)] ^ (sum >> 8) }
    return ~sum
  }

  private static let polynomial: UInt32 = 0x82f6_3b78

  /// The contribution of each byte value.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ polynomial : sum >> 1 }
  }
}
