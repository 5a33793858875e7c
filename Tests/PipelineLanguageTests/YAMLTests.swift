import Basics
import PipelineLanguage
import Testing

/// Invalid YAML, and how YAML's forms reach the fields.
@Suite struct YAMLTests {
  @Test func emptyFileIsAnError() {
    for text in ["", "\n\n", "# only a comment\n", "---\n"] {
      let found = problems(of: text)
      #expect(found.count == 1)
      #expect(found.first?.message.hasPrefix("the file is empty") == true)
    }
  }

  @Test func rootMustBeAMapping() {
    expect("⟦[cambium, 1]⟧\n", finds: "a pipeline file is a mapping")
    expect("⟦cambium⟧\n", finds: "a pipeline file is a mapping")
  }

  @Test func syntaxErrorHasAPlace() {
    expect("cambium: 1\nname: [a\n⟦⟧", finds: "this is not valid YAML")
  }

  @Test func tabInIndentationIsExplained() {
    let found = problems(of: "cambium: 1\nparams:\n\tseed: 0\n")
    #expect(found.count == 1)
    #expect(found.first?.span?.start.line == 3)
    #expect(found.first?.notes.contains { $0.message.contains("tabs") } == true)
  }

  @Test func unquotedReferenceInBracesIsExplained() {
    let found = problems(of: "cambium: 1\nparams: {a: 1}\nsolvers: {s: {batch: ${a}}}\n")
    #expect(found.count == 1)
    #expect(found.first?.notes.contains { $0.message.contains("needs quotes") } == true)
  }

  @Test func controlCharactersAreRefusedWhereTheyStand() {
    // What looks like indentation is named, in this line or the one before.
    for text in [
      "cambium: 1\nstages:\n\u{a0}\u{a0}a: 1\n  b: 2\n", "cambium: 1\n\u{feff}stages: {}\n",
    ] {
      let notes = problems(of: text).flatMap(\.notes).map(\.message)
      #expect(notes.contains { $0.hasPrefix("U+") && $0.contains("plain spaces") }, "\(notes)")
    }
    let tabs = problems(of: "cambium: 1\nstages:\n\ta: 1\n").flatMap(\.notes).map(\.message)
    #expect(tabs.contains("YAML does not allow tabs in indentation: use spaces"), "\(tabs)")
    expect("cambium: 1\nname: é⟦⟧\u{1}\n", finds: "this is not valid YAML: control characters")
  }

  @Test func columnsCountUnicodeScalars() {
    expect(
      "cambium: 1\n\"naïve 🎉\": 1\n".replacing("\"naïve 🎉\"", with: "⟦\"naïve 🎉\"⟧"),
      finds: "the pipeline has no 'naïve 🎉'")
    expect(
      "cambium: 1\nname: [ äöü🎉, ⟦{é: 1}⟧: b ]\n".replacing("[ ä", with: "⟦[ ä")
        .replacing(" ]", with: " ]⟧"), finds: "'name' must be text", "a mapping cannot be a key")
  }

  @Test func byteOrderMarkIsNoColumn() {
    let found = problems(of: "\u{FEFF}cambium: one\n")
    #expect(found.first?.span?.start == SourcePosition(line: 1, column: 10))
    #expect(found.first?.rendered().contains("  1 | cambium: one\n") == true)
  }

  @Test func carriageReturnsEndLines() {
    let found = problems(of: "cambium: 1\r\nnmae: x\r\n")
    #expect(found.first?.span?.start == SourcePosition(line: 2, column: 1))
    #expect(found.first?.rendered().contains("  2 | nmae: x\n") == true)
  }

  @Test func secondDocumentIsAnError() {
    expect("cambium: 1\n⟦---⟧\ncambium: 1\n", finds: "a second document starts here")
  }

  @Test func tagsAreRefused() {
    expect("cambium: 1\nname: ⟦!!str x⟧\n", finds: "tags are not supported")
    expect("cambium: 1\nname: ⟦!mine x⟧\n", finds: "tags are not supported")
  }

  @Test func duplicateKeyNamesTheFirst() {
    let text = "cambium: 1\nname: a\n⟦name⟧: b\n"
    expect(text, finds: "key 'name' is given twice")
    let found = problems(of: MarkedText(text).text)
    #expect(found.first?.notes.first?.span?.start == SourcePosition(line: 2, column: 1))
  }

  @Test func keysMustBeText() {
    expect("cambium: 1\n? ⟦[a]⟧\n: b\n", finds: "a list cannot be a key")
    expect("cambium: 1\nparams:\n  ?⟦⟧\n  : b\n", finds: "the key is missing")
  }

  // MARK: - Aliases and merge keys

  @Test func aliasRepeatsItsAnchor() throws {
    let pipeline = try description(
      of: "cambium: 1\ndatasets:\n  a: &x {source: data, size: 8}\n  b: *x\n")
    #expect(pipeline.datasets["a"]?.content == pipeline.datasets["b"]?.content)
  }

  @Test func unknownAliasSuggestsTheNearest() {
    let text = "cambium: 1\ndatasets:\n  a: &base {source: data}\n  b: ⟦*bsae⟧\n"
    expect(text, finds: "there is no anchor '&bsae'")
    #expect(
      problems(of: MarkedText(text).text).first?.notes.first?.message == "did you mean '*base'?")
  }

  @Test func aliasInsideItsAnchorIsAnError() {
    expect(
      "cambium: 1\ndatasets: &a {b: ⟦*a⟧}\n", finds: "alias '*a' refers to a value that contains it"
    )
  }

  @Test func mergedEntriesGiveWayToOwnOnes() throws {
    let pipeline = try description(
      of: """
        cambium: 1
        datasets:
          a: &a {source: one, size: 8, channels: 1}
          b: {size: 16, <<: *a}
          c: {<<: [{size: 4}, *a]}
        """)
    let sizes = ["a", "b", "c"].map { pipeline.datasets[$0]?.content.size?.height }
    #expect(sizes == [8, 16, 4])
    #expect(pipeline.datasets["b"]?.content.channels == 1)
    #expect(pipeline.datasets["c"]?.content.source == .path("one"))
  }

  @Test func mergedLayersKeepTheirPlace() throws {
    let pipeline = try description(
      of: Fixture.stages(
        """
          t:
            train:
              network:
                input: [3, 8, 8]
                layers:
                  <<: &layers {one: [dense: 4], two: [dense: 5], three: [dense: classes]}
                  two: [dense: 7]
              on: d
              solver: g
        """))
    guard let train = pipeline.stages.first?.work as? TrainDescription else {
      Issue.record("no train stage")
      return
    }
    #expect(train.network.content.layers.map(\.name) == ["one", "two", "three"])
    #expect(train.network.content.layers[1].operations == [.dense(.init(units: .count(7)))])
  }

  @Test func mergeKeyTakesMappingsOnly() {
    expect("cambium: 1\nparams: {<<: ⟦5⟧}\n", finds: "a merge key '<<' takes a mapping")
  }

  // MARK: - Limits

  @Test func aliasBombIsAnError() {
    var text = "cambium: 1\nparams:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "  a\(level): &a\(level) [\(aliases)]\n"
    }
    let found = problems(of: text)
    #expect(found.count == 1)
    #expect(found.first?.message.contains("more than 1000000 values") == true)
    #expect(found.first?.span?.start.line == 8)
  }

  @Test func depthIsLimited() {
    let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    let found = problems(of: "cambium: 1\nname: \(deep)\n")
    #expect(found.count == 1)
    #expect(
      found.first?.message.contains("collections are nested more than 64 levels deep") == true)
    #expect(found.first?.span?.start == SourcePosition(line: 2, column: 70))
  }

  @Test func sizeIsLimited() {
    let found = problems(of: "cambium: 1\n#" + String(repeating: "x", count: 16 << 20))
    #expect(found.map(\.message) == ["the file is larger than 16 MB"])
  }

  // MARK: - Bytes

  @Test func bytesMustBeUTF8() throws {
    let good = try SourceText.decoding(Array("\u{FEFF}name: é\n".utf8), name: "a.yaml")
    #expect(good.text == "name: é\n")
    let bytes = Array("cambium: 1\nname: é".utf8) + [0xE9, 0x0A]
    do {
      _ = try SourceText.decoding(bytes, name: "a.yaml")
      Issue.record("invalid UTF-8 was read")
    } catch {
      #expect(error.diagnostics.first?.span?.start == SourcePosition(line: 2, column: 8))
    }
  }

  @Test func utf16IsNamed() {
    do {
      _ = try SourceText.decoding([0xFF, 0xFE, 0x61, 0x00], name: "a.yaml")
      Issue.record("UTF-16 was read")
    } catch {
      #expect(error.description.contains("UTF-16"))
    }
  }
}
