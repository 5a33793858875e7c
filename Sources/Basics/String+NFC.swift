// The standard library has composed forms, but keeps them to itself; Foundation's would be a library more.
@_spi(_Unicode) import Swift

extension String {
  /// The text with composed characters (normalization form C): `é` as one code point, however it was written.
  /// Macs store the names of files decomposed, and some archives are made on them.
  package var composed: String {
    guard !utf8.allSatisfy({ $0 < 0x80 }) else { return self }
    var composed = String.UnicodeScalarView()
    composed.append(contentsOf: _nfc)
    return String(composed)
  }
}
