import Basics
import Testing

@Suite struct FingerprintTests {
  // FIPS 180-4, examples of SHA-256.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func digestIsSHA256(_ text: String, _ digest: String) {
    #expect(Fingerprint(of: text).hexadecimal == digest)
    #expect(Fingerprint(of: Array(text.utf8)).hexadecimal == digest)
  }

  /// Files of others may contain any digests. With a hash of a part of them, this took the square of their number.
  @Test func digestsThatBeginAlikeAreToldApartInLinearTime() {
    let start = ContinuousClock.now
    var set: Set<Fingerprint> = []
    for number in 0..<100_000 {
      let digits = String(number, radix: 16)
      let rest = String(repeating: "0", count: 64 - digits.count)
      set.insert(Fingerprint(hexadecimal: rest + digits)!)
      set.insert(Fingerprint(hexadecimal: digits + rest)!)
    }
    #expect(set.count > 190_000)
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test func pieceByPieceGivesTheSameDigest() {
    let bytes = (0..<1000).map { UInt8($0 % 251) }
    var hasher = ContentHasher()
    hasher.update(Array(bytes[..<1]))
    hasher.update(Array(bytes[1..<500]))
    bytes[500...].withUnsafeBytes { hasher.update($0) }
    #expect(hasher.finalized() == Fingerprint(of: bytes))
  }

  @Test func hexadecimalIsReadBack() {
    let fingerprint = Fingerprint(of: "x")
    #expect(Fingerprint(hexadecimal: fingerprint.hexadecimal) == fingerprint)
    #expect(Fingerprint(hexadecimal: fingerprint.hexadecimal.uppercased()) == fingerprint)
    #expect(fingerprint.hexadecimal.hasPrefix(String(fingerprint.leadingBits, radix: 16)))
  }

  @Test(arguments: ["", "ab", String(repeating: "g", count: 64), String(repeating: "0", count: 65)])
  func otherTextsAreNoFingerprints(_ text: String) {
    #expect(Fingerprint(hexadecimal: text) == nil)
  }
}
