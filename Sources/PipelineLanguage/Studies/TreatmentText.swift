/// A treatment in the paper's notation, cut into its parts.
///
/// Either compact, with a letter for each task: source, depth, target and, where the copied layers are
/// fine-tuned, `+`: `AnB`, `B3B+`, `RnB`, and with preserved layers `A3p2B`; or with whole names and an
/// arrow: `natural→man-made+`.
struct TreatmentText: Equatable {
  /// A part and where it stands in the text's UTF-8.
  struct Part: Equatable {
    var text: String
    var range: Range<Int>
  }

  var source: Part
  var target: Part
  /// `nil` for `n`, the depths of the study.
  var depth: Int?
  /// `nil` where the text does not say.
  var preserved: Int?
  var isFineTuned: Bool

  /// `nil` for a text that is no treatment.
  init?(_ text: String) {
    if let compact = TreatmentText(compact: text) {
      self = compact
    } else if let arrow = TreatmentText(arrow: text) {
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
}
