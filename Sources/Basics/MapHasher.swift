/// Computes the fingerprint of a map entry by entry.
///
/// The entries come by ascending UTF-8 bytes of their keys. What begins alike is hashed once: a copy goes
/// on from where the original is.
package struct MapHasher {
  private var hasher = ContentHasher()
  private var missing: Int
  private var last: String?

  /// Begins a map of so many entries.
  package init(count: Int) {
    missing = count
    var bytes = [UInt8(ascii: "m")]
    Value.append(UInt64(count), to: &bytes)
    hasher.update(bytes)
  }

  /// Adds an entry, as `Value.fingerprint` takes it.
  package mutating func add(_ key: String, _ value: Value) {
    var bytes = beginning(with: key)
    value.appendCanonicalEncoding(to: &bytes)
    hasher.update(bytes)
  }

  /// Adds an entry whose canonical encoding is at hand.
  package mutating func add(_ key: String, encoding: [UInt8]) {
    hasher.update(beginning(with: key))
    hasher.update(encoding)
  }

  /// Adds an entry by its fingerprint instead of its content, so that a large one is hashed but once for
  /// all maps that it is part of. A map with the entry itself has another fingerprint.
  package mutating func add(_ key: String, _ fingerprint: Fingerprint) {
    var bytes = beginning(with: key)
    bytes.append(UInt8(ascii: "h"))
    fingerprint.appendBytes(to: &bytes)
    hasher.update(bytes)
  }

  /// The fingerprint of the map; all entries must have been added.
  package func finalized() -> Fingerprint {
    precondition(missing == 0, "a map has as many entries as it began with")
    return hasher.finalized()
  }

  private mutating func beginning(with key: String) -> [UInt8] {
    precondition(missing > 0, "a map has as many entries as it began with")
    if let last {
      precondition(last.utf8.lexicographicallyPrecedes(key.utf8), "keys come in order")
    }
    last = key
    missing -= 1
    var bytes: [UInt8] = []
    Value.append(key, to: &bytes)
    return bytes
  }
}
