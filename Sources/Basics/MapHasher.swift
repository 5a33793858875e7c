/// Computes the fingerprint of a map entry by entry.
///
/// Entries are added by ascending UTF-8 bytes of their keys. Common beginnings are hashed once: a copy continues from
/// the state of the original.
package struct MapHasher {
  /// `nil` as long as everything is in `rest`, as it is for most maps.
  private var hasher: ContentHasher?
  /// The end of the canonical encoding that has not been hashed yet: small entries are hashed together.
  private var rest: [UInt8] = []
  private var missing: Int
  private var last: String?

  /// Starts a map with the given number of entries.
  package init(count: Int) {
    missing = count
    // Most maps are smaller, and need not grow.
    rest.reserveCapacity(512)
    rest.append(UInt8(ascii: "m"))
    Value.append(UInt64(count), to: &rest)
  }

  /// Adds an entry, as `Value.fingerprint` does.
  package mutating func add(_ key: String, _ value: Value) {
    begin(with: key)
    value.appendCanonicalEncoding(to: &rest)
    hashIfLong()
  }

  /// Adds an entry with a known canonical encoding.
  package mutating func add(_ key: String, encoding value: [UInt8]) {
    begin(with: key)
    rest += value
    hashIfLong()
  }

  /// Adds an entry by its fingerprint instead of its content, so that a large entry is hashed only once for all maps
  /// that contain it. A map with the entry itself has a different fingerprint.
  package mutating func add(_ key: String, _ fingerprint: Fingerprint) {
    begin(with: key)
    rest.append(UInt8(ascii: "h"))
    fingerprint.appendBytes(to: &rest)
  }

  /// The fingerprint of the map; all entries must have been added.
  package func finalized() -> Fingerprint {
    precondition(missing == 0, "a map has as many entries as it began with")
    guard var hasher else { return Fingerprint(of: rest) }
    hasher.update(rest)
    return hasher.finalized()
  }

  private mutating func begin(with key: String) {
    precondition(missing > 0, "a map has as many entries as it began with")
    if let last {
      precondition(last.precedesInUTF8(key), "keys come in order")
    }
    last = key
    missing -= 1
    Value.append(key, to: &rest)
  }

  private mutating func hashIfLong() {
    guard rest.count >= 1024 else { return }
    if hasher == nil { hasher = ContentHasher() }
    hasher?.update(rest)
    rest.removeAll(keepingCapacity: true)
  }
}
