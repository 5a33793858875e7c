/// Text with references: `base-${task}`, with `$${` for a literal `${`.
enum ReferenceText {
  enum Piece: Equatable {
    case text(String)
    /// A name, and the range of `${name}` in the text's UTF-8.
    case reference(String, Range<Int>)
  }

  struct Malformed: Error {
    var message: String
    var range: Range<Int>
  }

  /// Whether the text may contain references; fast.
  static func mayRefer(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "$")) }

  /// Divides text into literal pieces and references.
  ///
  /// - Throws: `Malformed` for a reference without an end or a name.
  static func pieces(of text: String) throws(Malformed) -> [Piece] {
    let bytes = Array(text.utf8)
    let dollar = UInt8(ascii: "$"), open = UInt8(ascii: "{"), close = UInt8(ascii: "}")
    func isAt(_ index: Int, _ byte: UInt8) -> Bool { index < bytes.count && bytes[index] == byte }
    var pieces: [Piece] = []
    /// Pending literal text, without the `$` of an escaped `$${`.
    var literal: [UInt8] = []
    var index = 0
    while let sign = bytes[index...].firstIndex(of: dollar) {
      literal += bytes[index..<sign]
      index = sign + 1
      if isAt(index, dollar), isAt(index + 1, open) {
        literal += [dollar, open]
        index += 2
        continue
      }
      guard isAt(index, open) else {
        literal.append(dollar)
        continue
      }
      guard let end = bytes[index...].firstIndex(of: close) else {
        throw Malformed(message: "'${' has no '}'", range: sign..<bytes.count)
      }
      guard end > index + 1 else {
        throw Malformed(message: "'${}' has no name", range: sign..<end + 1)
      }
      if !literal.isEmpty { pieces.append(.text(String(decoding: literal, as: UTF8.self))) }
      literal.removeAll(keepingCapacity: true)
      let name = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
      pieces.append(.reference(name, sign..<end + 1))
      index = end + 1
    }
    literal += bytes[index...]
    if !literal.isEmpty { pieces.append(.text(String(decoding: literal, as: UTF8.self))) }
    return pieces
  }

  /// The names that a text refers to; none if it is malformed.
  static func names(in text: String) -> [String] {
    guard mayRefer(text), let pieces = try? pieces(of: text) else { return [] }
    return pieces.compactMap {
      if case .reference(let name, _) = $0 { name } else { nil }
    }
  }
}

/// The pieces of texts, each divided once: a sweep reads the same texts at every point.
final class ReferenceTexts {
  private var known: [String: [ReferenceText.Piece]] = [:]

  func pieces(of text: String) throws(ReferenceText.Malformed) -> [ReferenceText.Piece] {
    if let pieces = known[text] { return pieces }
    let pieces = try ReferenceText.pieces(of: text)
    known[text] = pieces
    return pieces
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
