/// A tree of plain data: the form of settings, parameters and JSON documents.
///
/// Fingerprints are computed from values, records store them, and reasons compare them. Everything that determines a
/// stage's result can be converted to one.
package enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([Value])
  case map([String: Value])

  /// The entry of a map under `key`; `nil` if this is not a map or has no such key.
  package subscript(key: String) -> Value? {
    guard case .map(let entries) = self else { return nil }
    return entries[key]
  }

  /// An integer or a number as a `Double`, including the words for what JSON cannot express (`nan`, `inf`, `-inf`);
  /// `nil` for anything else.
  package var double: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    case .string("nan"): .nan
    case .string("inf"): .infinity
    case .string("-inf"): -.infinity
    default: nil
    }
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: Value...) { self = .list(elements) }
  package init(dictionaryLiteral elements: (String, Value)...) {
    self = .map(Dictionary(uniqueKeysWithValues: elements))
  }
}

/// Something whose settings can be written as a `Value`.
///
/// The value contains everything that can change a result and nothing else: defaults are written out, and names that
/// are only labels are left out.
package protocol ValueConvertible {
  var value: Value { get }
}

// MARK: - Fingerprints

extension Value {
  /// SHA-256 over a canonical encoding: a type tag, a length, the content; maps by ascending UTF-8 key. An integer
  /// and a number of equal value have the same encoding, since YAML users write both.
  package var fingerprint: Fingerprint {
    var bytes: [UInt8] = []
    appendCanonicalEncoding(to: &bytes)
    return Fingerprint(of: bytes)
  }

  /// The canonical encoding itself, for reuse in values that share a part.
  package var canonicalEncoding: [UInt8] {
    var bytes: [UInt8] = []
    appendCanonicalEncoding(to: &bytes)
    return bytes
  }

  func appendCanonicalEncoding(to bytes: inout [UInt8]) {
    switch self {
    case .null:
      bytes.append(UInt8(ascii: "n"))
    case .bool(let flag):
      bytes.append(UInt8(ascii: flag ? "t" : "f"))
    case .integer(let integer):
      if let number = Double(exactly: integer) {
        Value.append(number, to: &bytes)
      } else {
        bytes.append(UInt8(ascii: "i"))
        Value.append(UInt64(bitPattern: Int64(integer)), to: &bytes)
      }
    case .number(let number):
      Value.append(number, to: &bytes)
    case .string(let text):
      bytes.append(UInt8(ascii: "s"))
      Value.append(text, to: &bytes)
    case .list(let elements):
      bytes.append(UInt8(ascii: "l"))
      Value.append(UInt64(elements.count), to: &bytes)
      for element in elements { element.appendCanonicalEncoding(to: &bytes) }
    case .map(let entries):
      bytes.append(UInt8(ascii: "m"))
      Value.append(UInt64(entries.count), to: &bytes)
      for (key, element) in Value.sorted(entries) {
        Value.append(key, to: &bytes)
        element.appendCanonicalEncoding(to: &bytes)
      }
    }
  }

  private static func append(_ number: Double, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "d"))
    // Adding zero turns -0 into 0: they are the same setting.
    append((number + 0).bitPattern, to: &bytes)
  }

  static func append(_ text: String, to bytes: inout [UInt8]) {
    append(UInt64(text.utf8.count), to: &bytes)
    var text = text
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  static func append(_ word: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
  }

  /// A map's entries by ascending UTF-8 bytes of their keys, the order of every printed map.
  package static func sorted(_ entries: [String: Value]) -> [(key: String, value: Value)] {
    entries.sorted { $0.key.precedesInUTF8($1.key) }
  }
}

extension String {
  /// Whether its UTF-8 bytes come before those of another string.
  package func precedesInUTF8(_ other: String) -> Bool {
    let order = utf8.withContiguousStorageIfAvailable { own in
      other.utf8.withContiguousStorageIfAvailable { theirs in
        let count = min(own.count, theirs.count)
        for index in 0..<count where own[index] != theirs[index] {
          return own[index] < theirs[index]
        }
        return own.count < theirs.count
      }
    }
    return (order ?? nil) ?? utf8.lexicographicallyPrecedes(other.utf8)
  }
}

// MARK: - Differences

/// A location where two values differ.
package struct ValueChange: Hashable, Sendable {
  /// The keys, names and positions that lead to the location, joined by dots: `solver.rate.start`,
  /// `network.layers.conv5.operations.0.conv.filters`.
  package var path: String
  /// The previous value; `nil` if there was none.
  package var old: Value?
  /// The current value; `nil` if there is none.
  package var new: Value?

  package init(path: String, old: Value?, new: Value?) {
    self.path = path
    self.old = old
    self.new = new
  }
}

extension Value {
  /// The smallest locations where `new` differs from `self`, by ascending path.
  package func changes(to new: Value) -> [ValueChange] {
    var found: [ValueChange] = []
    Value.collectChanges(from: self, to: new, path: "", into: &found)
    return found
  }

  private static func collectChanges(
    from old: Value?, to new: Value?, path: String, into found: inout [ValueChange]
  ) {
    func step(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    switch (old, new) {
    case (.map(let oldEntries)?, .map(let newEntries)?):
      let keys = Set(oldEntries.keys).union(newEntries.keys)
      for key in keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
        collectChanges(
          from: oldEntries[key], to: newEntries[key], path: step(key), into: &found)
      }
    case (.list(let oldElements)?, .list(let newElements)?):
      guard let pairs = paired(oldElements, newElements) else {
        found.append(ValueChange(path: path, old: old, new: new))
        return
      }
      for (label, old, new) in pairs {
        collectChanges(from: old, to: new, path: step(label), into: &found)
      }
    case (let old?, let new?):
      if old.fingerprint != new.fingerprint {
        found.append(ValueChange(path: path, old: old, new: new))
      }
    default:
      if old != new { found.append(ValueChange(path: path, old: old, new: new)) }
    }
  }

  /// Corresponding elements of two lists, with their names; `nil` if the correspondence is unknown.
  private static func paired(
    _ old: [Value], _ new: [Value]
  ) -> [(label: String, old: Value?, new: Value?)]? {
    if old.count == new.count {
      return zip(old, new).enumerated().map { index, pair in
        let name = pair.0.name == pair.1.name ? pair.0.name : nil
        return (name ?? "\(index)", pair.0, pair.1)
      }
    }
    // Some elements were added or removed: the others are matched by name.
    let (oldNames, newNames) = (old.compactMap(\.name), new.compactMap(\.name))
    let (oldSet, newSet) = (Set(oldNames), Set(newNames))
    guard oldSet.count == old.count, newSet.count == new.count,
      oldNames.filter(newSet.contains) == newNames.filter(oldSet.contains)
    else { return nil }
    let known = Dictionary(uniqueKeysWithValues: zip(oldNames, old))
    return zip(newNames, new).map { ($0, known[$0], $1) }
      + zip(oldNames, old).filter { !newSet.contains($0.0) }.map { ($0, $1, nil) }
  }

  /// The name of a list element, such as a layer.
  private var name: String? { self["name"]?.asString ?? self["layer"]?.asString }
}
