/// A name with wildcards: `*` matches any characters, including none.
package struct NamePattern: Sendable {
  private let pieces: [[UInt8]]

  package init(_ pattern: String) {
    pieces = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
      .map(Array.init)
  }

  /// Whether a text contains a wildcard.
  package static func hasWildcard(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "*")) }

  /// Whether a name matches.
  package func matches(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard pieces.count > 1 else { return bytes == pieces[0] }
    let head = pieces[0], tail = pieces[pieces.count - 1]
    guard bytes.count >= head.count + tail.count, bytes.starts(with: head),
      bytes.suffix(tail.count).elementsEqual(tail)
    else { return false }
    // Matching each piece as far left as possible leaves the most room for the following ones.
    var rest = bytes[head.count..<bytes.count - tail.count]
    for piece in pieces[1..<pieces.count - 1] where !piece.isEmpty {
      guard let found = rest.firstRange(of: piece) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }
}
