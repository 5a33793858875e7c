/// Computes the fingerprint of a map entry by entry.
///
/// The entries come by ascending UTF-8 bytes of their keys. What begins alike is hashed once: a copy goes
/// on from where the original is.
package struct MapHasher {
  private var hasher = ContentHasher()
  /// The end of the canonical encoding, which is not hashed yet: small entries are hashed together.
  private var rest: [UInt8] = [UInt8(ascii: "m")]
  private var missing: Int
  private var last: String?

  /// Begins a map of so many entries.
  package init(count: Int) {
    missing = count
    Value.append(UInt64(count), to: &rest)
  }

  /// Adds an entry, as `Value.fingerprint` takes it.
  package mutating func add(_ key: String, _ value: Value) {
    begin(with: key)
    value.appendCanonicalEncoding(to: &rest)
    hashIfLong()
  }

  /// Adds an entry whose canonical encoding is at hand.
  package mutating func add(_ key: String, encoding value: [UInt8]) {
    begin(with: key)
    rest += value
    hashIfLong()
  }

  /// Adds an entry by its fingerprint instead of its content, so that a large one is hashed but once for
  /// all maps that it is part of. A map with the entry itself has another fingerprint.
  package mutating func add(_ key: String, _ fingerprint: Fingerprint) {
    begin(with: key)
    rest.append(UInt8(ascii: "h"))
    fingerprint.appendBytes(to: &rest)
  }

  /// The fingerprint of the map; all entries must have been added.
  package func finalized() -> Fingerprint {
    precondition(missing == 0, "a map has as many entries as it began with")
    var hasher = hasher
    hasher.update(rest)
    return hasher.finalized()
  }

  private mutating func begin(with key: String) {
    precondition(missing > 0, "a map has as many entries as it began with")
    if let last {
      precondition(last.utf8.lexicographicallyPrecedes(key.utf8), "keys come in order")
    }
    last = key
    missing -= 1
    Value.append(key, to: &rest)
  }

  private mutating func hashIfLong() {
    guard rest.count >= 1024 else { return }
    hasher.update(rest)
    rest.removeAll(keepingCapacity: true)
  }
}
