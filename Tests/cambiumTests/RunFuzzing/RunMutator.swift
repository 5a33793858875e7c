import TestSupport

/// Changes a value or two of a pipeline, such that most of what comes of it is still a pipeline: numbers to
/// other ones and to extremes, words to other words, keys left out, written twice or exchanged.
///
/// Texts are in YAML's flow style within a line, so that a value ends at a comma, a bracket or the line.
struct RunMutator {
  private var text: [UInt8]
  private var dice: Dice

  /// The change that belongs to a seed; `nil` where it comes out as it was.
  static func changed(_ text: String, seed: Int) -> String? {
    var mutator = RunMutator(text: Array(text.utf8), dice: Dice(seed: seed))
    // One change leaves most of a file as it was, and gets furthest.
    for _ in 0...(mutator.dice.roll(7) == 0 ? 1 : 0) { mutator.change() }
    let changed = String(decoding: mutator.text, as: UTF8.self)
    return changed == text ? nil : changed
  }

  private static let numbers = [
    "0", "-1", "1", "2", "3", "4", "5", "7", "9", "12", "16", "32", "64", "100", "1000", "1024",
    "65536", "1048576", "1000000000", "2147483647", "2147483648", "4294967296",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775808.0", "1e308", "-1e308", "1e-308", "1e18", "1e19", "0.5", "0.999999",
    "0.0001", "1.5", "1e9", "1e6", "1e-30", "1e38", "1e39", "3.5e38", ".inf", ".nan",
  ]

  private static let words = [
    "image", "color", "none", "center", "random", "stretch", "crop", "error", "skip", "up", "down",
    "true", "false", "he", "xavier", "classes", "rest", "all", "final", "test", "train",
    "validation", "freeze", "fine-tune", "initialize", "source", "target", "relu", "tanh", "lrn",
    "batch-norm", "fixed", "cosine", "net", "wide", "grey", "sgd", "adapt", "shapes", "photos",
    "small", "halves.A", "halves.B", "kinds.natural", "named.both", "base", "base-A", "base-B",
    "A1B", "next", "A", "B", "one", "two", "three", "dense", "conv", "1..3", "0..5", "first",
    "last", "names", "indices", "builtin:shapes", "data", "BnB", "AnB", "AnB+", "RnB", "B1B",
    "A2B+", "8", "3",
  ]

  // MARK: - Tokens

  private struct Token {
    var range: Range<Int>
    var word: String
    var isKey: Bool

    var number: Double? { word.first.map { $0.isNumber || $0 == "-" } == true ? Double(word) : nil }
    var isLength: Bool { word.hasSuffix(" epochs") || word.hasSuffix(" iterations") }
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"),
      UInt8(ascii: "*"):
      true
    default: false
    }
  }

  /// Words, numbers and quoted texts; a number with its unit is one.
  private func tokens() -> [Token] {
    var tokens: [Token] = []
    var position = 0
    while position < text.count {
      let start = position
      if text[position] == UInt8(ascii: "\"") {
        position += 1
        while position < text.count, text[position] != UInt8(ascii: "\"") { position += 1 }
        position = min(position + 1, text.count)
      } else {
        while position < text.count, RunMutator.isPart(text[position]) { position += 1 }
        for unit in [" epochs", " iterations"]
        where position > start && text[position...].starts(with: unit.utf8) {
          position += unit.utf8.count
        }
      }
      guard position > start else {
        position += 1
        continue
      }
      let isKey = position < text.count && text[position] == UInt8(ascii: ":")
      tokens.append(
        Token(
          range: start..<position, word: String(decoding: text[start..<position], as: UTF8.self),
          isKey: isKey))
      // `builtin:shapes` is one word, but for a key nothing follows its colon at once.
      if isKey, position + 1 < text.count, RunMutator.isPart(text[position + 1]) {
        position += 1
        while position < text.count, RunMutator.isPart(text[position]) { position += 1 }
        tokens[tokens.count - 1] = Token(
          range: start..<position, word: String(decoding: text[start..<position], as: UTF8.self),
          isKey: false)
      }
    }
    return tokens
  }

  /// A key with its value.
  private func pair(_ key: Token) -> Range<Int> {
    var position = key.range.upperBound
    var depth = 0
    loop: while position < text.count {
      switch text[position] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { break loop }
        depth -= 1
      case UInt8(ascii: ","), UInt8(ascii: "\n"): if depth == 0 { break loop }
      default: break
      }
      position += 1
    }
    return key.range.lowerBound..<position
  }

  // MARK: - Changes

  private mutating func change() {
    let tokens = tokens()
    let values = tokens.filter { !$0.isKey }
    let keys = tokens.filter(\.isKey)
    guard !values.isEmpty, !keys.isEmpty else { return }
    switch dice.roll(20) {
    case ..<12:
      let numbers = values.filter { $0.number != nil }
      let isNumber = !numbers.isEmpty && dice.roll(3) > 0
      let token = dice.pick(isNumber ? numbers : values)
      let replacement = replacement(for: token)
      text.replaceSubrange(token.range, with: replacement.utf8)
    case 12, 13: exchange(dice.pick(values), dice.pick(values))
    case 14...16:
      var range = pair(dice.pick(keys))
      if text[range.upperBound...].starts(with: ", ".utf8) {
        range = range.lowerBound..<range.upperBound + 2
      }
      text.removeSubrange(range)
    case 17:
      let key = dice.pick(keys)
      let range = pair(key)
      var copy = Array(text[range])
      if dice.roll(2) == 0 { copy.insert(UInt8(ascii: "x"), at: key.range.count) }
      text.insert(contentsOf: Array(", ".utf8) + copy, at: range.upperBound)
    case 18:
      text.replaceSubrange(dice.pick(keys).range, with: dice.pick(keys).word.utf8)
    default:
      let (target, source) = (dice.pick(keys), dice.pick(keys))
      let value = Array(text[source.range.upperBound..<pair(source).upperBound])
      text.replaceSubrange(target.range.upperBound..<pair(target).upperBound, with: value)
    }
  }

  private mutating func replacement(for token: Token) -> String {
    if token.isLength {
      return dice.pick(RunMutator.numbers) + dice.pick([" epochs", " iterations"])
    }
    guard let number = token.number else {
      return dice.roll(5) == 0 ? dice.pick(RunMutator.numbers) : dice.pick(RunMutator.words)
    }
    guard dice.roll(5) < 2 else {
      let other = dice.pick(RunMutator.numbers)
      return dice.roll(10) == 0 ? "\"\(other)\"" : other
    }
    let near = dice.pick([
      number + 1, number - 1, number * 2, number * 10, number / 2, -number, number * 1000,
    ])
    return Int(exactly: near).map { "\($0)" } ?? "\(near)"
  }

  private mutating func exchange(_ left: Token, _ right: Token) {
    let (first, second) =
      left.range.lowerBound < right.range.lowerBound ? (left, right) : (right, left)
    guard first.range.upperBound <= second.range.lowerBound else { return }
    text.replaceSubrange(second.range, with: first.word.utf8)
    text.replaceSubrange(first.range, with: second.word.utf8)
  }
}
