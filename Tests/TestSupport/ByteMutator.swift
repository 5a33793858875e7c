import Basics

/// Makes inputs by changing good files of any kind: bits, numbers of any width, ranges, ends.
///
/// An input depends on its seed and on the files, so that whatever was found can be made again.
package struct ByteMutator: Sendable {
  private let files: [[UInt8]]
  private let mend: @Sendable ([UInt8]) -> [UInt8]

  /// - Parameters:
  ///   - files: must not be empty.
  ///   - mend: restores what protects a file's content, such as checksums: half of the inputs are mended, so
  ///     that they get further than the check.
  package init(_ files: [[UInt8]], mend: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }) {
    self.files = files
    self.mend = mend
  }

  package func input(seed: Int) -> [UInt8] {
    var dice = Dice(seed: seed)
    var bytes = dice.pick(files)
    // Few changes leave most of a file as it was: such inputs get furthest.
    for _ in 0...dice.roll(1 + dice.roll(5)) { change(&bytes, &dice) }
    return dice.roll(2) == 0 ? mend(bytes) : bytes
  }

  /// Numbers at the edges of what integers of some width hold, and small ones.
  private static let extremes: [UInt64] = [
    0, 1, 2, 3, 255, 256, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000,
    0xffff_ffff, 0x1_0000_0000, 0x3fff_ffff_ffff_ffff, 0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000, .max - 1, .max,
  ]

  /// What means something in texts, and what is no text.
  private static let fragments: [[UInt8]] =
    [
      "0", "-1", "1", "1.5", "1e308", "1e999", "-0", "9223372036854775807", "-9223372036854775808",
      "9223372036854775808", "18446744073709551616", "null", "true", "{}", "[]", "\"\"", "{", "}",
      "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\n", "\r\n", "\t", " ", "..", "/",
      "../",
      "nan", "inf", "NaN", "=", "é", "\u{202E}", "\u{FEFF}", "\u{1B}[31m", ";",
    ].map { Array($0.utf8) } + [[0x00], [0x80], [0xc3], [0xff], [0xed, 0xa0, 0x80]]

  private func change(_ bytes: inout [UInt8], _ dice: inout Dice) {
    guard !bytes.isEmpty else { return bytes = dice.pick(ByteMutator.fragments) }
    // Headers decide most: half of the changes are among the first bytes.
    let place =
      dice.roll(2) == 0 ? dice.roll(bytes.count) : dice.roll(min(bytes.count, 1 + dice.roll(256)))
    let end = min(bytes.count, place + 1 + dice.roll(40))
    switch dice.roll(12) {
    case 0, 1: bytes[place] ^= 1 << dice.roll(8)
    case 2: bytes[place] = UInt8(dice.roll(256))
    case 3, 4: putNumber(into: &bytes, at: place, &dice)
    case 5: bytes.removeSubrange(place..<end)
    case 6: bytes.insert(contentsOf: Array(bytes[place..<end]), at: dice.roll(bytes.count))
    case 7: bytes.insert(contentsOf: dice.pick(ByteMutator.fragments), at: place)
    case 8: replaceWord(in: &bytes, near: place, &dice)
    case 9:
      let other = dice.pick(files)
      bytes = Array(bytes[..<place] + other[min(dice.roll(other.count + 1), other.count)...])
    case 10: bytes.replaceSubrange(place..<end, with: repeatElement(bytes[place], count: 40))
    default: bytes.removeLast(bytes.count - place)
    }
  }

  private func putNumber(into bytes: inout [UInt8], at place: Int, _ dice: inout Dice) {
    let number = dice.pick(ByteMutator.extremes)
    let width = dice.pick([1, 2, 4, 8])
    let isLittle = dice.roll(2) == 0
    for offset in 0..<min(width, bytes.count - place) {
      let shift = 8 * (isLittle ? offset : width - 1 - offset)
      bytes[place + offset] = UInt8(truncatingIfNeeded: number >> UInt64(shift))
    }
  }

  /// Replaces the run of letters or digits around a place.
  private func replaceWord(in bytes: inout [UInt8], near place: Int, _ dice: inout Dice) {
    func isPart(_ byte: UInt8) -> Bool {
      UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
    var (start, end) = (place, place)
    while start > 0, isPart(bytes[start - 1]), place - start < 64 { start -= 1 }
    while end < bytes.count, isPart(bytes[end]), end - place < 64 { end += 1 }
    bytes.replaceSubrange(start..<end, with: dice.pick(ByteMutator.fragments))
  }
}
