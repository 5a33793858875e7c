import Basics
import TestSupport

/// Creates inputs by mutating valid and invalid files: bytes, lines and words.
///
/// An input depends on its seed and on the files, so that every finding can be reproduced.
struct Mutator: Sendable {
  private let files: [[UInt8]]
  /// Runs of letters, digits and characters of numbers and names, from all files.
  private let words: [[UInt8]]
  private let lines: [[UInt8]]

  init(_ texts: [String]) {
    files = texts.map { Array($0.utf8) }
    words = files.flatMap { file in Mutator.words(of: file).map { Array(file[$0]) } }
    lines = files.flatMap { Mutator.lines(of: $0) }
  }

  func input(seed: Int) -> [UInt8] {
    var dice = Dice(seed: seed)
    var bytes = files[dice.roll(files.count)]
    // A few changes leave most of a file intact: such inputs get furthest.
    for _ in 0...dice.roll(1 + dice.roll(5)) {
      switch dice.roll(10) {
      case 0...2: changeBytes(&bytes, &dice)
      case 3...5: changeLines(&bytes, &dice)
      default: changeWord(&bytes, &dice)
      }
    }
    return bytes
  }

  // MARK: - Bytes

  /// Text with a meaning in YAML or the language, and bytes that are not UTF-8 or not text.
  private static let fragments: [[UInt8]] =
    [
      "[", "]", "{", "}", ":", ": ", ",", "- ", "? ", "&a ", "*a", "<<: *a", "!", "!!int ", "|\n",
      ">\n",
      "'", "\"", "#", " #", "%", "@", "`", "${", "${seed}", "$${", "..", "1..3", "→", "\n", "\r\n",
      "\t", "  ",
      "---\n", "...\n", "%TAG !a! b\n", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{202E}", "é", "🎉", "~",
      "\\",
      "\\x1b[31m", "\"\\0\"",
    ].map { Array($0.utf8) } + [
      [0x00], [0x1B], [0x7F], [0x80], [0xC3], [0xFF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xC0, 0xAF],
    ]

  private func changeBytes(_ bytes: inout [UInt8], _ dice: inout Dice) {
    guard !bytes.isEmpty else {
      return bytes = Mutator.fragments[dice.roll(Mutator.fragments.count)]
    }
    let place = dice.roll(bytes.count)
    let end = min(bytes.count, place + 1 + dice.roll(40))
    switch dice.roll(6) {
    case 0, 1:
      bytes.insert(contentsOf: Mutator.fragments[dice.roll(Mutator.fragments.count)], at: place)
    case 2: bytes[place] = UInt8(dice.roll(256))
    case 3: bytes.removeSubrange(place..<end)
    case 4: bytes.insert(contentsOf: Array(bytes[place..<end]), at: dice.roll(bytes.count))
    default: bytes.removeLast(bytes.count - place)
    }
  }

  // MARK: - Lines

  private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
  }

  private func changeLines(_ bytes: inout [UInt8], _ dice: inout Dice) {
    var own = Mutator.lines(of: bytes)
    let place = dice.roll(own.count)
    switch dice.roll(8) {
    case 0: own.swapAt(place, dice.roll(own.count))
    case 1: own.insert(own[place], at: dice.roll(own.count))
    case 2: own.remove(at: place)
    case 3, 4: own.insert(lines[dice.roll(lines.count)], at: place)
    case 5:
      let other = Mutator.lines(of: files[dice.roll(files.count)])
      own = Array(own[...place] + other[dice.roll(other.count)...])
    case 6:
      let spaces = own[place].prefix { $0 == UInt8(ascii: " ") }.count
      own[place].replaceSubrange(
        ..<spaces, with: repeatElement(UInt8(ascii: " "), count: dice.roll(9)))
    default:
      // Rarely, since long files are slow to read.
      let count = dice.roll(20) == 0 ? 300 : 2
      own.insert(contentsOf: repeatElement(own[place], count: count), at: place)
    }
    bytes = Array(own.joined(separator: [UInt8(ascii: "\n")]))
  }

  // MARK: - Words

  /// Numbers at the limits of fields, integers and floating-point numbers, and ranges.
  private static let extremes = [
    "0", "-1", "1", "2", "3", "1.5", "0.5", "1.0", "010", "0x7fffffffffffffff", "0o17", "1000",
    "1024", "1025",
    "65536", "65537", "1048576", "1048577", "1000000000", "2147483648", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "99999999999999999999", "1e308", "1e999",
    "1e-400",
    ".nan", "-.inf", ".inf", "null", "~", "true", "0..9999", "0..10000",
    "-9223372036854775808..9223372036854775807",
    "1..3", "3..1", "1 epoch", "0 epochs", "9999999999 iterations", "first 2", "last 1000000",
    "A1B", "A0B",
    "A9999999999999999999B", "R1p1B", "AnB+", "[]", "{}", "classes", "rest",
  ].map { Array($0.utf8) }

  private static func words(of bytes: [UInt8]) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    for (index, byte) in bytes.enumerated() {
      let isPart =
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
        || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "-")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "+")
      if isPart, start == nil { start = index }
      if !isPart, let first = start {
        words.append(first..<index)
        start = nil
      }
    }
    if let start { words.append(start..<bytes.count) }
    return words
  }

  private func changeWord(_ bytes: inout [UInt8], _ dice: inout Dice) {
    let own = Mutator.words(of: bytes)
    guard !own.isEmpty else { return }
    let range = own[dice.roll(own.count)]
    let word = Array(bytes[range])
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    let replacement: [UInt8]
    switch dice.roll(10) {
    case 0...2: replacement = words[dice.roll(words.count)]
    case 3: replacement = Array(bytes[own[dice.roll(own.count)]])
    case 4, 5: replacement = Mutator.extremes[dice.roll(Mutator.extremes.count)]
    case 6:
      replacement = text("\"${") + words[dice.roll(words.count)] + text("}\"")
    case 7: replacement = text("\"") + word + text("\"")
    case 8: replacement = text("&a ") + word
    default: replacement = text("*a")
    }
    bytes.replaceSubrange(range, with: replacement)
  }
}
