import Basics
import Testing

@Suite struct MapHasherTests {
  private let entries: [String: Value] = ["a": [1, "x"], "b": ["k": 0.5], "c": .null]
  private var whole: Fingerprint { Value.map(entries).fingerprint }

  @Test func entriesOneByOneGiveTheFingerprintOfTheMap() {
    var hasher = MapHasher(count: 3)
    for (key, value) in Value.sorted(entries) { hasher.add(key, value) }
    #expect(hasher.finalized() == whole)
  }

  /// Entries that are hashed immediately, and entries that are buffered.
  @Test func longEntriesGiveTheFingerprintOfTheMap() {
    let long: [String: Value] = [
      "a": .string(String(repeating: "x", count: 5000)), "b": 1,
      "c": .list(Array(repeating: 7, count: 300)), "d": "end",
    ]
    var hasher = MapHasher(count: 4)
    var encoded = MapHasher(count: 4)
    for (key, value) in Value.sorted(long) {
      hasher.add(key, value)
      encoded.add(key, encoding: value.canonicalEncoding)
    }
    #expect(hasher.finalized() == Value.map(long).fingerprint)
    #expect(encoded.finalized() == Value.map(long).fingerprint)
  }

  @Test func encodedEntriesCountAsTheyAre() {
    var hasher = MapHasher(count: 3)
    for (key, value) in Value.sorted(entries) { hasher.add(key, encoding: value.canonicalEncoding) }
    #expect(hasher.finalized() == whole)
  }

  @Test func copiesGoOnByThemselves() {
    var beginning = MapHasher(count: 2)
    beginning.add("a", 1)
    var one = beginning
    var other = beginning
    one.add("b", 2)
    other.add("b", 3)
    #expect(one.finalized() == Value.map(["a": 1, "b": 2]).fingerprint)
    #expect(other.finalized() == Value.map(["a": 1, "b": 3]).fingerprint)
  }

  /// An entry added by its fingerprint differs from a text of the same digits, and from any other entry.
  @Test func fingerprintsStandForWhatTheyAreOf() {
    func map(_ add: (inout MapHasher) -> Void) -> Fingerprint {
      var hasher = MapHasher(count: 1)
      add(&hasher)
      return hasher.finalized()
    }
    let known = Value.list([1, "x"]).fingerprint
    let first = map { $0.add("a", known) }
    #expect(first == map { $0.add("a", known) })
    #expect(first != map { $0.add("a", .string(known.hexadecimal)) })
    #expect(first != map { $0.add("a", [1, "x"]) })
    #expect(first != map { $0.add("a", Value.list([1, "y"]).fingerprint) })
    #expect(first != map { $0.add("b", known) })
  }
}
