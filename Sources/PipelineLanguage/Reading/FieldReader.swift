import Basics

/// Reads the fields of a mapping by key, and records the possible keys.
///
/// The keys that were asked for are valid; `finish()` reports all others.
struct FieldReader {
  let subject: Subject
  /// Where a missing key is reported: the key that introduces the mapping.
  let owner: SourceSpan
  let context: ReadingContext
  private let entries: [MappingNode.Entry]
  private var asked: [Asked] = []

  /// What was asked for; the many keys of which one is there are not copied.
  private enum Asked {
    case key(String)
    case oneOf([String])

    func contains(_ name: String) -> Bool {
      switch self {
      case .key(let key): key == name
      case .oneOf(let keys): keys.contains(name)
      }
    }

    var keys: [String] {
      switch self {
      case .key(let key): [key]
      case .oneOf(let keys): keys
      }
    }
  }

  /// Starts reading a mapping; returns `nil` after reporting a field that is not one.
  ///
  /// - Parameter allowsNothing: whether a key without a value is an empty mapping.
  init?(_ field: Field, _ subject: Subject, allowsNothing: Bool = false) {
    switch field.node {
    case .mapping(let mapping):
      entries = mapping.entries
    case .scalar(let scalar) where allowsNothing && scalar.isEmpty:
      entries = []
    default:
      field.mismatch("a mapping")
      return nil
    }
    self.subject = subject
    owner = field.keySpan
    context = field.context
  }

  /// The field of a key; `nil` if there is none.
  mutating func field(_ key: String) -> Field? {
    asked.append(.key(key))
    guard let entry = entries.first(where: { $0.key.text == key }) else { return nil }
    return Field(name: key, node: entry.value, keySpan: entry.key.span, context: context)
  }

  /// A required field; `nil` after its absence, or an error in it, was reported.
  mutating func required<Content>(_ key: String, _ read: (Field) -> Content?) -> Content? {
    guard let field = field(key) else {
      context.diagnostics.report("\(subject) lacks '\(key)'", at: owner)
      return nil
    }
    return read(field)
  }

  /// An optional field; `nil` only after an error in it was reported.
  mutating func optional<Content>(
    _ key: String, default value: Content, _ read: (Field) -> Content?
  ) -> Content? {
    guard let field = field(key) else { return value }
    return read(field)
  }

  /// The fields of those keys that are there, in the order of the keys.
  private mutating func fields(_ keys: [String]) -> [Field] {
    asked.append(.oneOf(keys))
    // Few keys are there, and many are possible.
    var present: [(position: Int, entry: Int)] = []
    for index in entries.indices {
      if let position = keys.firstIndex(of: entries[index].key.text) {
        present.append((position, index))
      }
    }
    if present.count > 1 { present.sort { $0.position < $1.position } }
    return present.map { _, index in
      let entry = entries[index]
      return Field(
        name: entry.key.text, node: entry.value, keySpan: entry.key.span, context: context)
    }
  }

  /// Exactly one of several fields; `nil` after reporting that there are none or several.
  mutating func one(of keys: [String]) -> Field? {
    let present = fields(keys)
    guard let first = present.first else {
      context.diagnostics.report("\(subject) needs one of \(FieldReader.choice(keys))", at: owner)
      return nil
    }
    return reportSurplus(present, keys) ? nil : first
  }

  /// At most one of several fields; outer `nil` after reporting that there are several.
  mutating func atMostOne(of keys: [String]) -> Field?? {
    let present = fields(keys)
    return reportSurplus(present, keys) ? nil : .some(present.first)
  }

  private static func choice(_ keys: [String]) -> String {
    keys.map { "'\($0)'" }.joined(separator: ", ")
  }

  private func reportSurplus(_ present: [Field], _ keys: [String]) -> Bool {
    guard present.count > 1 else { return false }
    for field in present.dropFirst() {
      context.diagnostics.report(
        "\(subject) has '\(field.name)' and '\(present[0].name)': only one of "
          + "\(FieldReader.choice(keys)) is allowed", at: field.keySpan,
        notes: [Diagnostic.Note("'\(present[0].name)' is here", at: present[0].keySpan)])
    }
    return true
  }

  /// The locations of the values by key.
  var places: [String: SourceSpan] {
    entries.reduce(into: [:]) { $0[$1.key.text] = $1.value.span }
  }

  /// All names that the mapping's scalars refer to.
  var references: Set<String> {
    entries.reduce(into: []) {
      $0.formUnion(ReferenceText.names(in: $1.key.text))
      $0.formUnion($1.value.references)
    }
  }

  /// Reports keys that were not asked for.
  func finish() {
    for entry in entries where !asked.contains(where: { $0.contains(entry.key.text) }) {
      let keys = asked.flatMap(\.keys)
      let setting = OtherTools.solverSetting(for: entry.key.text).flatMap {
        keys.contains($0) ? nil : $0
      }
      context.diagnostics.report(
        "\(subject) has no '\(entry.key.text)'", at: entry.key.span,
        notes: (setting.map { [Diagnostic.Note("'\($0)' is a setting of solvers")] } ?? [])
          + Diagnostic.Note.allowed(keys, insteadOf: entry.key.text, as: "possible keys"))
    }
  }
}

/// What a mapping describes, in words: `solver 'sgd'`.
struct Subject: CustomStringConvertible {
  var kind: StaticString
  var name: String?

  init(_ kind: StaticString, _ name: String? = nil) {
    self.kind = kind
    self.name = name
  }

  var description: String { name.map { "\(kind) '\($0)'" } ?? "\(kind)" }
}
