import Definitions
import Foundation
import Reporting
import Testing

@Suite struct DrawingTests {
  private let hostile = "</svg><script>alert(\"1\")</script>&amp;'\u{0}\u{1B}[31m\u{202E}\u{FFFF}"

  @Test func whateverIsWrittenTheDocumentIsWellFormed() throws {
    var drawing = Drawing(height: 100, title: hostile, summary: hostile)
    drawing.text(hostile, x: 0, y: 10)
    drawing.text(hostile, x: 0, y: 30, halo: true)
    drawing.risingText(hostile, x: 0, y: 50)
    drawing.marker(SeriesStyle(.blue, .circle), x: .nan, y: .infinity, radius: 2, title: hostile)
    drawing.rectangle(Box(left: 0, top: 0, right: 1, bottom: 1), .red, title: hostile)
    for document in [drawing.document, drawing.element] {
      let found = try elements(of: document)
      #expect(!found.contains { $0.name == "script" })
      #expect(found.count { $0.text.contains("<script>alert(\"1\")</script>&amp;'") } >= 5)
      #expect(!document.contains("nan") && !document.contains("inf"))
    }
  }

  @Test func whoCannotSeeItIsToldWhatItShows() throws {
    let drawing = Drawing(height: 10, title: "accuracy", summary: "It falls.")
    let found = try elements(of: drawing.document)
    #expect(found[0].attributes["role"] == "img")
    #expect(found[0].attributes["aria-label"] == "accuracy")
    #expect(found[0].attributes["viewBox"] == "0 0 400 10")
    #expect(found.first { $0.name == "title" }?.text == "accuracy")
    #expect(found.first { $0.name == "desc" }?.text == "It falls.")
  }

  /// Viewers without style sheets use the attributes, on white paper; dark colours are rules on the classes.
  @Test func coloursAreThereWithoutStyleSheets() throws {
    var drawing = Drawing(height: 10, title: "t", summary: "s")
    drawing.line(from: (0, 0), to: (1, 1), .blue)
    let found = try elements(of: drawing.document)
    let line = try #require(found.last { $0.name == "path" })
    #expect(line.attributes["stroke"] == Ink.blue.light)
    let style = try #require(found.first { $0.name == "style" }).text
    #expect(style.contains("prefers-color-scheme:dark"))
    #expect(style.contains(".\(line.attributes["class"] ?? "?"){stroke:\(Ink.blue.dark)}"))
  }

  /// By the formula of the Web Content Accessibility Guidelines: 4.5 for text, 3 for marks.
  @Test(arguments: Ink.allCases.filter { $0 != .paper && $0 != .grid })
  func inksStandOutFromTheirPaper(_ ink: Ink) throws {
    let least = ink == .text || ink == .faint ? 4.5 : 3
    #expect(try contrast(ink.light, Ink.paper.light) >= least)
    #expect(try contrast(ink.dark, Ink.paper.dark) >= least)
  }

  private func contrast(_ first: String, _ second: String) throws -> Double {
    func luminance(_ color: String) throws -> Double {
      let number = try #require(Int(color.dropFirst(), radix: 16))
      let channels = [16, 8, 0].map { shift -> Double in
        let level = Double(number >> shift & 0xFF) / 255
        return level <= 0.04045 ? level / 12.92 : pow((level + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    }
    let (a, b) = (try luminance(first), try luminance(second))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  @Test func widthsGrowWithTextAndSize() {
    let short = TextMetrics.width(of: "base", size: 12)
    #expect(TextMetrics.width(of: "base networks", size: 12) > 2 * short)
    #expect(TextMetrics.width(of: "base", size: 24) == 2 * short)
    #expect(TextMetrics.width(of: "WWWW", size: 12) > TextMetrics.width(of: "iiii", size: 12))
    #expect(TextMetrics.width(of: "日本語", size: 10) >= 30)
    #expect(TextMetrics.width(of: "", size: 12) == 0)
  }

  @Test(arguments: [5.0, 20, 50, 100, 1000])
  func shortenedTextsFit(_ width: Double) {
    let name = "natural→man-made with 500 images of each class"
    let shown = TextMetrics.shortened(name, toWidth: width, size: 12)
    #expect(shown == name || shown.contains("…"))
    #expect(width < 14 || TextMetrics.width(of: shown, size: 12) <= width)
  }

  @Test func legendsWrapAndNeverOverlap() throws {
    let entries = (0..<30).map { index in
      Legend.Entry(
        index == 7 ? String(repeating: "a very long name ", count: 20) : "treatment \(index)",
        .series(SeriesStyle.cycle(index)))
    }
    let legend = Legend(entries)
    var drawing = Drawing(height: legend.height + 4, title: "t", summary: "s")
    legend.draw(on: &drawing, top: 2)
    try Figure(name: "legend", drawing: drawing, caption: "c").expectSound()
    // The long one has three lines.
    #expect(drawing.textBoxes.count == 32)
    let lines = try elements(of: drawing.document).filter { $0.name == "text" }.map(\.text)
    #expect(lines[7].hasPrefix("a very long name a very") && lines[9].contains("…"))
  }

  @Test func longLabelsAreWrittenInFull() throws {
    let label =
      "AnB+ of 7 layers (2 phases) on random tasks (split shifted-halves), 20 images per class"
    let legend = Legend([.init("base", .line(.cycle(0))), .init(label, .line(.cycle(1)))])
    var drawing = Drawing(height: legend.height + 4, title: "t", summary: "s")
    legend.draw(on: &drawing, top: 2)
    let lines = try elements(of: drawing.document).filter { $0.name == "text" }.map(\.text)
    #expect(lines.count == 3)
    #expect(lines.dropFirst().joined(separator: " ") == label)
    try Figure(name: "legend", drawing: drawing, caption: "c").expectSound()
  }

  @Test(arguments: [
    ("base", 100.0, ["base"]), ("main.base-A.division-0", 80, ["main.base-A.", "division-0"]),
    ("one two three", 40, ["one", "two", "three"]), ("", 40, [""]),
  ])
  func textBreaksAfterWordsAndPunctuation(_ text: String, width: Double, lines: [String]) {
    #expect(TextMetrics.wrapped(text, toWidth: width, size: 12, lines: 3) == lines)
  }

  @Test func whatDoesNotFitInTheLastLineIsShortened() {
    let lines = TextMetrics.wrapped("one two three four five", toWidth: 40, size: 12, lines: 2)
    #expect(lines.count == 2 && lines[0] == "one" && lines[1].contains("…"))
    #expect(lines.allSatisfy { TextMetrics.width(of: $0, size: 12) <= 40 })
  }

  @Test func theTopTickKeepsClearOfTheAxisTitle() throws {
    let frame = Box(left: 40, top: 40, right: 390, bottom: 200)
    var drawing = Drawing(height: 240, title: "t", summary: "s")
    Axes(
      frame: frame, x: .linear(0...1, from: 40, to: 390), y: .linear(0...100, from: 200, to: 40)
    ).draw(on: &drawing, xTitle: "x", yTitle: "accuracy")
    let texts = try elements(of: drawing.document).filter { $0.name == "text" }
    let tick = try #require(texts.first { $0.text == "100" }?.number("y"))
    let title = try #require(texts.first { $0.text == "accuracy" }?.number("y"))
    #expect(tick - title >= Drawing.textSize + 4)
    #expect(title - Drawing.textSize >= frame.top - Axes.topMargin - 1)
  }

  @Test func noTwoStylesOfACycleAreAlike() {
    let styles = (0..<28).map { SeriesStyle.cycle($0) }
    #expect(Set(styles).count == styles.count)
    let treatments =
      [Treatment.base, .selffer, .selfferFineTuned, .transfer, .transferFineTuned, .random]
      + (1...4).flatMap { m in
        [true, false].map { Treatment(kind: .preserved, crossesTasks: $0, preserved: m) }
      }
    #expect(Set(SeriesStyle.distinct(treatments)).count == treatments.count)
  }
}
