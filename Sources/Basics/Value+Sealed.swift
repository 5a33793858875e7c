/// A value with a digest, for notes on disk that must not be used if a single bit has changed.
extension Value {
  /// The value as two lines of one JSON object, the second of which has the digest of the first:
  ///
  ///     {"note":{"fingerprint":"…","stage":"base-A"},
  ///     "digest":"…"}
  package var sealed: String {
    let first = "{\"note\":\(json()),\n"
    return first + "\"digest\":\"\(Fingerprint(of: first).hexadecimal)\"}\n"
  }

  /// Reads the output of `sealed`; `nil` for anything else.
  package init?(sealed bytes: [UInt8]) {
    let prefix = "{\"note\":"
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end > prefix.utf8.count,
      bytes.starts(with: prefix.utf8), bytes[end - 1] == UInt8(ascii: ",")
    else { return nil }
    let digest = Fingerprint(of: Array(bytes[...end]))
    guard bytes[(end + 1)...].elementsEqual("\"digest\":\"\(digest.hexadecimal)\"}\n".utf8),
      let value = try? Value(json: Array(bytes[prefix.utf8.count..<(end - 1)]))
    else { return nil }
    self = value
  }
}
