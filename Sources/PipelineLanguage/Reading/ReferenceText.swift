/// Text with references: `base-${task}`, with `$${` for a literal `${`.
enum ReferenceText {
  enum Piece: Equatable {
    case text(String)
    /// A name, and where `${name}` stands in the text's UTF-8.
    case reference(String, Range<Int>)
  }

  struct Malformed: Error {
    var message: String
    var range: Range<Int>
  }

  /// Whether the text needs a closer look; quick.
  static func mayRefer(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "$")) }

  /// Cuts text into literal pieces and references.
  ///
  /// - Throws: `Malformed` for a reference without an end or a name.
  static func pieces(of text: String) throws(Malformed) -> [Piece] {
    let bytes = Array(text.utf8)
    let dollar = UInt8(ascii: "$"), open = UInt8(ascii: "{"), close = UInt8(ascii: "}")
    var pieces: [Piece] = []
    var literal: [UInt8] = []
    func flush() {
      if !literal.isEmpty { pieces.append(.text(String(decoding: literal, as: UTF8.self))) }
      literal = []
    }
    var index = 0
    while index < bytes.count {
      let rest = bytes[index...]
      if rest.starts(with: [dollar, dollar, open]) {
        literal += [dollar, open]
        index += 3
      } else if rest.starts(with: [dollar, open]) {
        guard let end = rest.firstIndex(of: close) else {
          throw Malformed(message: "'${' has no '}'", range: index..<bytes.count)
        }
        let name = String(decoding: bytes[(index + 2)..<end], as: UTF8.self)
        guard !name.isEmpty else {
          throw Malformed(message: "'${}' names nothing", range: index..<end + 1)
        }
        flush()
        pieces.append(.reference(name, index..<end + 1))
        index = end + 1
      } else {
        literal.append(bytes[index])
        index += 1
      }
    }
    flush()
    return pieces
  }

  /// The names that a text refers to; none where it is malformed.
  static func names(in text: String) -> [String] {
    guard mayRefer(text), let pieces = try? pieces(of: text) else { return [] }
    return pieces.compactMap {
      if case .reference(let name, _) = $0 { name } else { nil }
    }
  }
}

extension Node {
  /// All names that scalars in the node refer to.
  var references: Set<String> {
    var names: Set<String> = []
    forEachScalar { names.formUnion(ReferenceText.names(in: $0.text)) }
    return names
  }
}
