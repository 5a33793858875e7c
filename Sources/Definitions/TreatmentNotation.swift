/// The paper's notation of treatments, for parsing and writing.
///
/// Either compact, with a letter for each task (source, depth, target and, if the copied layers are fine-tuned, `+`):
/// `AnB`, `B3B+`, `RnB`, and with preserved layers `A3p2B`; or with full names and an arrow: `natural→man-made+`.
package struct TreatmentNotation: Equatable, Sendable {
  /// A part, and its range in the text's UTF-8.
  package struct Part: Equatable, Sendable {
    package var text: String
    package var range: Range<Int>

    package init(text: String, range: Range<Int>) {
      self.text = text
      self.range = range
    }
  }

  package var source: Part
  package var target: Part
  /// `nil` for `n`, the depths of the study.
  package var depth: Int?
  /// `nil` if the text does not state it.
  package var preserved: Int?
  package var isFineTuned: Bool

  /// `nil` for text that is not a treatment.
  package init?(_ text: String) {
    if let compact = TreatmentNotation(compact: text) {
      self = compact
    } else if let arrow = TreatmentNotation(arrow: text) {
      self = arrow
    } else {
      return nil
    }
  }

  private init(source: Part, target: Part, isFineTuned: Bool) {
    self.source = source
    self.target = target
    self.isFineTuned = isFineTuned
  }

  private init?(compact text: String) {
    let bytes = Array(text.utf8)
    var index = 0
    func part() -> Part? {
      guard index < bytes.count, isCapital(bytes[index]) else { return nil }
      index += 1
      return Part(
        text: String(decoding: bytes[index - 1..<index], as: UTF8.self), range: index - 1..<index)
    }
    func take(_ letter: Unicode.Scalar) -> Bool {
      guard index < bytes.count, bytes[index] == UInt8(ascii: letter) else { return false }
      index += 1
      return true
    }
    func number() -> Int? {
      let start = index
      while index < bytes.count, isDigit(bytes[index]) { index += 1 }
      return Int(String(decoding: bytes[start..<index], as: UTF8.self))
    }
    func isCapital(_ byte: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }
    func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    guard let source = part() else { return nil }
    var depth: Int?
    if !take("n") {
      guard let number = number() else { return nil }
      depth = number
    }
    var preserved: Int?
    if take("p") {
      guard let number = number() else { return nil }
      preserved = number
    }
    guard let target = part() else { return nil }
    self.init(source: source, target: target, isFineTuned: take("+"))
    guard index == bytes.count else { return nil }
    self.depth = depth
    self.preserved = preserved
  }

  private init?(arrow text: String) {
    guard let arrow = text.firstRange(of: "→") ?? text.firstRange(of: "->") else { return nil }
    func part(_ range: Range<String.Index>) -> Part {
      let start = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
      let end = text.utf8.distance(from: text.startIndex, to: range.upperBound)
      return Part(text: String(text[range]), range: start..<end)
    }
    let isFineTuned = text.hasSuffix("+")
    let end = isFineTuned ? text.index(before: text.endIndex) : text.endIndex
    guard arrow.lowerBound > text.startIndex, arrow.upperBound < end else { return nil }
    self.init(
      source: part(text.startIndex..<arrow.lowerBound), target: part(arrow.upperBound..<end),
      isFineTuned: isFineTuned)
  }

  /// A source or target that means random layers.
  package static let randomLetter = "R"

  /// The text of a treatment: `A3B+`, `A3p2B`; if a task has a full name, `natural-3-man-made`.
  ///
  /// - Parameters:
  ///   - depth: a number, or its placeholder `n`.
  ///   - preserved: the number of layers beyond these that are copied and learn; 0 for none.
  package static func text(
    source: String, depth: String, preserved: Int = 0, target: String, isFineTuned: Bool = false
  ) -> String {
    let layers = preserved > 0 ? "\(depth)p\(preserved)" : depth
    let plus = isFineTuned ? "+" : ""
    return isLetter(source) && isLetter(target)
      ? "\(source)\(layers)\(target)\(plus)" : "\(source)-\(layers)-\(target)\(plus)"
  }

  /// Whether a name is a letter that the compact form supports.
  package static func isLetter(_ name: String) -> Bool {
    name.utf8.count == 1 && name.utf8.allSatisfy { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }
  }
}
