import Basics
import CYAML

/// One event of a YAML document.
struct YAMLEvent {
  enum Content {
    case documentStart
    case documentEnd
    case streamEnd
    case alias(String)
    case scalar(text: String, style: ScalarNode.Style)
    case sequenceStart
    case sequenceEnd
    case mappingStart
    case mappingEnd
  }

  var content: Content
  var anchor: String?
  var tag: String?
  /// Whether a collection is written by indentation; its end mark is then at the beginning of what follows.
  var isBlock = false
  var span: SourceSpan
}

/// Parses text into YAML events; the only code that uses libyaml.
///
/// libyaml counts lines and columns in characters, from 0.
struct EventParser: ~Copyable {
  private let source: SourceText
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  // libyaml keeps pointers into its parser, which must therefore not move.
  private let parser: UnsafeMutablePointer<yaml_parser_t>

  init(_ source: SourceText) {
    self.source = source
    bytes = .allocate(capacity: source.text.utf8.count)
    _ = bytes.initialize(from: source.text.utf8)
    parser = .allocate(capacity: 1)
    precondition(yaml_parser_initialize(parser) == 1, "libyaml is out of memory")
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    bytes.deallocate()
  }

  /// The next event.
  ///
  /// - Throws: `DiagnosticError` if the text is not YAML.
  mutating func next() throws(DiagnosticError) -> YAMLEvent {
    var event = yaml_event_t()
    repeat {
      guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    } while event.type == YAML_STREAM_START_EVENT
    defer { yaml_event_delete(&event) }
    return translated(event)
  }

  private func translated(_ event: yaml_event_t) -> YAMLEvent {
    let span = SourceSpan(
      source: source, start: position(event.start_mark), end: position(event.end_mark))
    let data = event.data
    switch event.type {
    case YAML_DOCUMENT_START_EVENT:
      return YAMLEvent(content: .documentStart, span: span)
    case YAML_DOCUMENT_END_EVENT:
      return YAMLEvent(content: .documentEnd, span: span)
    case YAML_ALIAS_EVENT:
      return YAMLEvent(content: .alias(text(data.alias.anchor) ?? ""), span: span)
    case YAML_SCALAR_EVENT:
      let scalar = data.scalar
      let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      return YAMLEvent(
        content: .scalar(
          text: String(decoding: value, as: UTF8.self),
          style: scalar.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted),
        anchor: text(scalar.anchor), tag: text(scalar.tag), span: span)
    case YAML_SEQUENCE_START_EVENT:
      let start = data.sequence_start
      return YAMLEvent(
        content: .sequenceStart, anchor: text(start.anchor), tag: text(start.tag),
        isBlock: start.style == YAML_BLOCK_SEQUENCE_STYLE, span: span)
    case YAML_SEQUENCE_END_EVENT:
      return YAMLEvent(content: .sequenceEnd, span: span)
    case YAML_MAPPING_START_EVENT:
      let start = data.mapping_start
      return YAMLEvent(
        content: .mappingStart, anchor: text(start.anchor), tag: text(start.tag),
        isBlock: start.style == YAML_BLOCK_MAPPING_STYLE, span: span)
    case YAML_MAPPING_END_EVENT:
      return YAMLEvent(content: .mappingEnd, span: span)
    default:
      return YAMLEvent(content: .streamEnd, span: span)
    }
  }

  private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private func position(_ mark: yaml_mark_t) -> SourcePosition {
    SourcePosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}

// MARK: - Errors

extension EventParser {
  private func syntaxError() -> DiagnosticError {
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "it cannot be read"
    if state.error == YAML_READER_ERROR {
      let place = source.position(ofByte: state.problem_offset)
      return DiagnosticError(
        "this is not valid YAML: \(problem)",
        at: SourceSpan(source: source, start: place, end: place))
    }
    let place = position(state.problem_mark)
    var notes: [Diagnostic.Note] = []
    if let context = state.context {
      let start = position(state.context_mark)
      notes.append(
        Diagnostic.Note(
          String(cString: context), at: SourceSpan(source: source, start: start, end: start)))
    }
    if let hint = hint(at: place) { notes.append(Diagnostic.Note(hint)) }
    if let invisible = invisible(near: place) { notes.append(invisible) }
    return DiagnosticError(
      "this is not valid YAML: \(problem)",
      at: SourceSpan(source: source, start: place, end: place), notes: notes)
  }

  /// The first invisible character in the line of a mistake, or in the one before it, which may not be indented as it
  /// looks.
  private func invisible(near place: SourcePosition) -> Diagnostic.Note? {
    for number in max(1, place.line - 1)...max(1, place.line) {
      let line = source.line(number).unicodeScalars
      for (index, scalar) in line.enumerated() where scalar.isInvisible {
        let start = SourcePosition(line: number, column: index + 1)
        let end = SourcePosition(line: number, column: index + 2)
        return Diagnostic.Note(
          "\(scalar.named) is used here, which cannot be seen: YAML is indented and separated by plain spaces",
          at: SourceSpan(source: source, start: start, end: end))
      }
    }
    return nil
  }

  /// A hint for the two mistakes for which libyaml's messages are unhelpful.
  private func hint(at place: SourcePosition) -> String? {
    let line = Array(source.line(place.line).unicodeScalars)
    let lead = line.prefix { $0 == " " || $0 == "\t" }
    if lead.contains("\t"), place.column <= lead.count + 1 {
      return "YAML does not allow tabs in indentation: use spaces"
    }
    let index = place.column - 1
    let isBrace = line.indices.contains(index) && line[index] == "{"
    if isBrace, index > 0, line[index - 1] == "$" {
      return "inside [] and {}, a reference needs quotes: \"${name}\""
    }
    return nil
  }
}

extension SourceText {
  /// A line that begins like a `%TAG` directive; `nil` if there is none.
  ///
  /// It is rejected before libyaml sees it: libyaml compares each directive with all previous ones, which takes hours
  /// for a file full of them.
  var tagDirective: SourceSpan? {
    let start = UInt8(ascii: "%")
    guard text.utf8.contains(start) else { return nil }
    let bytes = Array(text.utf8)
    let breaks = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].map { Array($0.utf8) }
    for index in bytes.indices
    where bytes[index] == start && bytes[index...].starts(with: "%TAG".utf8) {
      let before = bytes[..<index]
      guard before.isEmpty || breaks.contains(where: { before.suffix($0.count) == $0[...] }) else {
        continue
      }
      let place = position(ofByte: index)
      var end = place
      end.column += 4
      return SourceSpan(source: self, start: place, end: end)
    }
    return nil
  }

  /// The location of a byte of the text's UTF-8.
  func position(ofByte offset: Int) -> SourcePosition {
    var position = SourcePosition(line: 1, column: 1)
    var previous: Unicode.Scalar = " "
    var passed = 0
    for scalar in text.unicodeScalars {
      guard passed < offset else { break }
      passed += UTF8.width(scalar)
      switch scalar {
      case "\n" where previous == "\r":
        break
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
        position = SourcePosition(line: position.line + 1, column: 1)
      default:
        position.column += 1
      }
      previous = scalar
    }
    return position
  }
}
