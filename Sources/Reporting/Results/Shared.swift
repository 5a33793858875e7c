/// A value that many runs have in common. Copies share one content, whose hash value is computed once.
///
/// Large studies look up cells and settings by the million: hashing a dozen texts each time took most of the time of
/// reporting 100,000 runs.
struct Shared<Value: Hashable & Sendable>: Hashable, Sendable {
  private final class Content: Sendable {
    let value: Value
    let hash: Int

    init(_ value: Value) {
      self.value = value
      hash = value.hashValue
    }
  }

  private let content: Content

  init(_ value: Value) { content = Content(value) }

  var value: Value { content.value }

  static func == (first: Shared, second: Shared) -> Bool {
    first.content === second.content
      || first.content.hash == second.content.hash && first.value == second.value
  }

  func hash(into hasher: inout Hasher) { hasher.combine(content.hash) }

  /// Contents of equal values are the same ones, so that they are compared without looking into them.
  struct Pool {
    private var known: Set<Shared> = []

    mutating func share(_ value: Value) -> Shared {
      known.insert(Shared(value)).memberAfterInsert
    }
  }
}
