import Basics

extension SourceText {
  /// The maximum size of a pipeline file in bytes.
  package static let mostBytes = 16 << 20

  /// Decodes the bytes of a file, which must be UTF-8; a byte order mark is dropped.
  ///
  /// - Parameter limit: the maximum size in bytes; by default that of a pipeline file.
  /// - Throws: `DiagnosticError` with the location of the first byte that is not UTF-8, or if the file is larger than
  ///   the limit.
  package static func decoding(
    _ bytes: some Collection<UInt8>, name: String, upTo limit: Int = mostBytes
  ) throws(DiagnosticError) -> SourceText {
    if bytes.count > limit { throw tooLarge(name: name, limit: limit) }
    if let text = String(validating: bytes, as: UTF8.self) {
      return SourceText(name: name, text: text).withoutByteOrderMark()
    }
    // Decoding with replacement keeps everything before the first error, so the location is where the decoded bytes
    // first differ from those of the file.
    let repaired = SourceText(name: name, text: String(decoding: bytes, as: UTF8.self))
    let valid = zip(bytes, repaired.text.utf8).prefix { $0 == $1 }.count
    let place = repaired.position(ofByte: valid)
    var notes: [Diagnostic.Note] = []
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      notes.append(Diagnostic.Note("the file looks like UTF-16: save it as UTF-8"))
    }
    throw DiagnosticError(
      "the file is not UTF-8 from here on",
      at: SourceSpan(source: repaired, start: place, end: place), notes: notes)
  }

  static func tooLarge(name: String, limit: Int = mostBytes) -> DiagnosticError {
    let nothing = SourceText(name: name, text: "")
    let start = SourcePosition(line: 1, column: 1)
    return DiagnosticError(
      "the file is larger than \(limit >> 20) MB",
      at: SourceSpan(source: nothing, start: start, end: start))
  }

  /// The text without a leading U+FEFF, which no editor counts as a column.
  func withoutByteOrderMark() -> SourceText {
    guard text.unicodeScalars.first == "\u{FEFF}" else { return self }
    return SourceText(name: name, text: String(text.unicodeScalars.dropFirst()))
  }
}
