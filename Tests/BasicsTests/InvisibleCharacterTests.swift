import Basics
import Testing

/// Characters that nobody finds by looking.
@Suite struct InvisibleCharacterTests {
  @Test(arguments: [
    ("\u{a0}", "U+00A0 (NO-BREAK SPACE)"), ("\u{200b}", "U+200B (ZERO WIDTH SPACE)"),
    ("\u{feff}", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"), ("\u{3000}", "U+3000 (IDEOGRAPHIC SPACE)"),
    ("\u{ad}", "U+00AD (SOFT HYPHEN)"), ("\u{2028}", "U+2028 (LINE SEPARATOR)"),
    ("\u{2800}", "U+2800 (BRAILLE PATTERN BLANK)"),
    ("\u{e0041}", "U+E0041 (TAG LATIN CAPITAL LETTER A)"),
  ])
  func theyAreShownAndNamed(_ text: String, _ name: String) throws {
    let scalar = try #require(text.unicodeScalars.first)
    #expect(scalar.isInvisible)
    #expect(scalar.named == name)
    #expect(printable("a\(text)b").unicodeScalars.allSatisfy { !$0.isInvisible })
    let error = Diagnostic.error("there is no stage 'ba\(text)se'")
    #expect(error.rendered().contains(" is \(name), which cannot be seen"), "\(error.rendered())")
    #expect(error.value["notes"]?.asList?.count == 1)
  }

  @Test func whatIsSeenIsLeftAlone() {
    for scalar in "a é ж 猫 — 😀 \t\n".unicodeScalars { #expect(!scalar.isInvisible) }
    #expect(printable("é 猫 😀") == "é 猫 😀")
    #expect(Diagnostic.error("there is no stage 'é 猫'").value["notes"]?.asList?.isEmpty == true)
    let many = Diagnostic.error("\u{a0}\u{a0}\u{200b}\u{2009}\u{2008}\u{2007}")
    #expect(many.value["notes"]?.asList?.count == 3)
  }
}
