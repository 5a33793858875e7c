import Basics
import Testing

@Suite struct DiagnosticTests {
  private func span(
    _ text: String, line: Int, _ start: Int, to end: Int, endLine: Int? = nil
  ) -> SourceSpan {
    SourceSpan(
      source: SourceText(name: "net.yaml", text: text),
      start: SourcePosition(line: line, column: start),
      end: SourcePosition(line: endLine ?? line, column: end))
  }

  @Test func caretStandsBelowTheSpan() {
    let text = "stages:\n  e: {evaluate: {network: bseB}}\n"
    let diagnostic = Diagnostic.error(
      "stage 'e' reads unknown stage 'bseB'", at: span(text, line: 2, 27, to: 31),
      notes: [Diagnostic.Note("did you mean 'baseB'?")])
    #expect(
      diagnostic.rendered() == """
        net.yaml:2:27: error: stage 'e' reads unknown stage 'bseB'
          2 |   e: {evaluate: {network: bseB}}
            |                           ^~~~
          note: did you mean 'baseB'?
        """)
  }

  @Test func messageIsOneLineOfModestLength() {
    #expect(Diagnostic.error("'a\nb' is no name").rendered() == "error: 'a\\nb' is no name")
    let long = Diagnostic.error("'" + String(repeating: "a", count: 1_000_000) + "' is no name")
    let text = long.rendered()
    #expect(
      text.utf8.count < 1_000 && text.hasPrefix("error: 'aaa") && text.hasSuffix("a' is no name"))
  }

  @Test func noteWithAPlaceShowsIt() {
    let text = "a: 1\nb: 2\na: 3"
    let diagnostic = Diagnostic.error(
      "key 'a' occurs twice", at: span(text, line: 3, 1, to: 2),
      notes: [Diagnostic.Note("first here", at: span(text, line: 1, 1, to: 2))])
    #expect(
      diagnostic.rendered() == """
        net.yaml:3:1: error: key 'a' occurs twice
          3 | a: 3
            | ^
          note: net.yaml:1:1: first here
          1 | a: 1
            | ^
        """)
  }

  @Test func messageWithoutPlaceHasNoExcerpt() {
    #expect(Diagnostic(.warning, "disk is slow").rendered() == "warning: disk is slow")
  }

  @Test func severalErrorsFollowEachOther() {
    let error = DiagnosticError([.error("one"), .error("two")])
    #expect(error.description == "error: one\nerror: two")
  }

  @Test func tabsKeepTheCaretInPlace() {
    let rendered = Diagnostic.error("bad", at: span("\tkey:\tx", line: 1, 7, to: 8)).rendered()
    #expect(rendered.hasSuffix("  1 | \tkey:\tx\n    | \t    \t^"))
  }

  @Test func caretIsBelowTheSpanAlsoAfterEscapedCharacters() {
    let rendered = Diagnostic.error("bad", at: span("a\u{1b}bc", line: 1, 3, to: 5)).rendered()
    #expect(rendered.hasSuffix("  1 | a\\u{1B}bc\n    |        ^~"))
  }

  @Test func escapedCharactersAreUnderlinedWhole() {
    let rendered = Diagnostic.error("bad", at: span("a\u{1b}b", line: 1, 2, to: 3)).rendered()
    #expect(rendered.hasSuffix("  1 | a\\u{1B}b\n    |  ^~~~~~"))
  }

  @Test func spanOverSeveralLinesIsUnderlinedToTheEndOfItsFirst() {
    let rendered = Diagnostic.error(
      "bad", at: span("key: [a,\n b]", line: 1, 6, to: 4, endLine: 2)
    ).rendered()
    #expect(rendered.hasSuffix("  1 | key: [a,\n    |      ^~~"))
  }

  @Test func emptySpanAndSpanAtTheEndHaveACaret() {
    #expect(
      Diagnostic.error("bad", at: span("ab", line: 1, 3, to: 3)).rendered()
        .hasSuffix("  1 | ab\n    |   ^"))
    #expect(
      Diagnostic.error("bad", at: span("ab", line: 2, 1, to: 1)).rendered()
        .hasSuffix("  2 | \n    | ^"))
    // Beyond the line, as after a file that ends too early.
    #expect(
      Diagnostic.error("bad", at: span("ab", line: 1, 90, to: 95)).rendered()
        .hasSuffix("  1 | ab\n    |   ^"))
  }

  @Test(arguments: [1, 60, 500, 9_990, 10_000])
  func longLinesAreCutAroundTheSpan(_ column: Int) throws {
    var line = [Character](repeating: "-", count: 10_000)
    line[column - 1] = "X"
    let rendered = Diagnostic.error(
      "bad", at: span(String(line), line: 1, column, to: column + 1)
    ).rendered()
    let lines = rendered.split(separator: "\n")
    #expect(lines[1].count <= 6 + 120)
    let caret = try #require(lines[2].firstIndex(of: "^"))
    let below = lines[2].distance(from: lines[2].startIndex, to: caret)
    #expect(Array(lines[1])[below] == "X")
  }

  @Test func noTextDrivesTheTerminal() {
    let text = "x: \u{1b}[2J\u{202e}\u{7f}\u{9b}"
    let rendered = Diagnostic.error("name '\u{1b}[31m'", at: span(text, line: 1, 1, to: 2))
      .rendered()
    #expect(
      !rendered.unicodeScalars.contains { ["\u{1b}", "\u{202e}", "\u{7f}", "\u{9b}"].contains($0) })
    #expect(rendered.contains(#"name '\u{1B}[31m'"#))
    #expect(printable("plain é 図") == "plain é 図")
  }
}

@Suite struct SourceTextTests {
  @Test(arguments: ["a\nb\nc", "a\r\nb\r\nc", "a\rb\rc", "a\u{85}b\u{2028}c", "a\u{2029}b\r\nc"])
  func linesEndWhereYAMLSaysSo(_ text: String) {
    let source = SourceText(name: "x", text: text)
    #expect((1...4).map(source.line) == ["a", "b", "c", ""])
  }

  @Test func emptyLinesCount() {
    let source = SourceText(name: "x", text: "\n\r\n\nlast\n")
    #expect((0...6).map(source.line) == ["", "", "", "", "last", "", ""])
  }

  @Test func positionsAreOrderedByLine() {
    #expect(SourcePosition(line: 1, column: 9) < SourcePosition(line: 2, column: 1))
    #expect(SourcePosition(line: 2, column: 1) < SourcePosition(line: 2, column: 2))
  }

  @Test func spansOfDifferentTextsDiffer() {
    func span() -> SourceSpan {
      let place = SourcePosition(line: 1, column: 1)
      return SourceSpan(source: SourceText(name: "x", text: "a"), start: place, end: place)
    }
    let one = span()
    #expect(one == one)
    #expect(one != span())
  }
}
