import Crypto

/// A SHA-256 digest that identifies content or a stage.
///
/// Two stages with the same fingerprint produce the same artifact, whatever their names and wherever they run.
/// Printed and stored as 64 lowercase hexadecimal digits.
package struct Fingerprint: Hashable, Sendable {
  // The digest as four big-endian words, first byte first. A vector would have to be aligned, for which memory is found
  // more slowly.
  private let first: UInt64
  private let second: UInt64
  private let third: UInt64
  private let fourth: UInt64

  /// The digest's first eight bytes, as a number: enough to key a random stream.
  package var leadingBits: UInt64 { first }

  /// Stores a computed digest.
  init(digest: SHA256Digest) {
    func word(_ index: Int) -> UInt64 {
      digest.withUnsafeBytes {
        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
      }
    }
    (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
  }

  /// The fingerprint of a string's UTF-8 bytes.
  package init(of text: String) {
    self.init(digest: SHA256.hash(data: Array(text.utf8)))
  }

  /// The fingerprint of raw bytes.
  package init(of bytes: [UInt8]) {
    self.init(digest: SHA256.hash(data: bytes))
  }

  /// The fingerprint of raw bytes that are somewhere in memory.
  package init(of bytes: UnsafeRawBufferPointer) {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    self.init(digest: hash.finalize())
  }

  /// Reads 64 hexadecimal digits; `nil` for anything else.
  package init?(hexadecimal: String) {
    var hexadecimal = hexadecimal
    guard let read = hexadecimal.withUTF8({ Fingerprint(hexadecimal: $0) }) else { return nil }
    self = read
  }

  /// Reads 64 hexadecimal digits in ASCII; `nil` for anything else.
  package init?(hexadecimal digits: UnsafeBufferPointer<UInt8>) {
    guard digits.count == 64 else { return nil }
    var isValid = true
    func word(_ number: Int) -> UInt64 {
      var bits: UInt64 = 0
      for index in 16 * number..<16 * number + 16 {
        let digit = digits[index]
        // Upper-case and lower-case letters differ in one bit.
        let letter = digit | 0x20
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          bits = bits << 4 | UInt64(digit - UInt8(ascii: "0"))
        default:
          isValid = isValid && UInt8(ascii: "a")...UInt8(ascii: "f") ~= letter
          bits = bits << 4 | UInt64(letter &- UInt8(ascii: "a") &+ 10) & 0xf
        }
      }
      return bits
    }
    (first, second, third, fourth) = (word(0), word(1), word(2), word(3))
    guard isValid else { return nil }
  }

  /// All 64 hexadecimal digits.
  package var hexadecimal: String {
    String(unsafeUninitializedCapacity: 64) { buffer in
      writeHexadecimal(to: buffer)
      return 64
    }
  }

  /// Writes all 64 hexadecimal digits in ASCII to the beginning of a buffer.
  package func writeHexadecimal(to buffer: UnsafeMutableBufferPointer<UInt8>) {
    precondition(buffer.count >= 64)
    func write(_ bits: UInt64, at start: Int) {
      var bits = bits
      for index in start..<start + 16 {
        bits = bits << 4 | bits >> 60
        let digit = UInt8(truncatingIfNeeded: bits & 0xf)
        buffer[index] = digit + UInt8(ascii: digit < 10 ? "0" : "W")
      }
    }
    write(first, at: 0)
    write(second, at: 16)
    write(third, at: 32)
    write(fourth, at: 48)
  }

  /// Appends the digest's 32 bytes.
  func appendBytes(to bytes: inout [UInt8]) {
    Value.append(first, to: &bytes)
    Value.append(second, to: &bytes)
    Value.append(third, to: &bytes)
    Value.append(fourth, to: &bytes)
  }

  /// The first twelve digits, for display.
  package var short: String { String(hexadecimal.prefix(12)) }
}

extension Fingerprint: CustomStringConvertible {
  package var description: String { hexadecimal }
}

extension Fingerprint: Comparable {
  package static func < (left: Fingerprint, right: Fingerprint) -> Bool {
    (left.first, left.second, left.third, left.fourth)
      < (right.first, right.second, right.third, right.fourth)
  }
}

extension Fingerprint {
  /// All of it: digests in files of others may begin alike, and a set of those would take the square of their number.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(first)
    hasher.combine(second)
    hasher.combine(third)
    hasher.combine(fourth)
  }
}

extension Fingerprint: Codable {
  /// Reads the hexadecimal form.
  ///
  /// - Throws: `DecodingError` if the text is not 64 hexadecimal digits.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Fingerprint(hexadecimal: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a fingerprint: '\(text)'")
    }
    self = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hexadecimal)
  }
}

/// Computes the SHA-256 digest of content that arrives in pieces.
package struct ContentHasher {
  private var hash = SHA256()

  package init() {}

  /// Appends bytes to the content.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// Appends bytes to the content.
  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
  }

  /// The digest of everything appended so far.
  package func finalized() -> Fingerprint {
    Fingerprint(digest: hash.finalize())
  }
}
