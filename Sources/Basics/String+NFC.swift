// The standard library computes composed forms, but does not expose them; Foundation would be an additional
// dependency.
@_spi(_Unicode) import Swift

extension String {
  /// The text with composed characters (normalization form C): `é` as one code point, however it was written. macOS
  /// stores file names decomposed, and some archives are created there.
  package var composed: String {
    guard !utf8.allSatisfy({ $0 < 0x80 }) else { return self }
    var composed = String.UnicodeScalarView()
    composed.append(contentsOf: _nfc)
    return String(composed)
  }
}
