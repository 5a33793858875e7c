import Foundation
import Reporting
import Testing

@Suite struct FilterFigureTests {
  /// Two filters of three channels, 1 × 2 weights each.
  private let values: [Float] = [1, -1, 0, 0.5, -0.5, 0, 2, 0, 0, 0, 0, -4]

  private func bank(_ values: [Float]) throws -> FilterBank {
    try #require(FilterBank(count: 2, channels: 3, height: 1, width: 2, values: values))
  }

  /// The bytes of pixels, line by line, of the pictures in a figure.
  private func pictures(_ figure: Figure) throws -> [[UInt8]] {
    try elements(of: figure.drawing.document).filter { $0.name == "image" }.map { image in
      let uri = try #require(image.attributes["href"])
      let base64 = String(uri.split(separator: ",")[1])
      return try ReportingTests.pixels(ofPNG: Array(#require(Data(base64Encoded: base64)))).pixels
    }
  }

  @Test func everyFilterHasItsOwnScale() throws {
    let figure = try #require(
      FilterFigure(
        name: "f", title: "Filters", layer: "conv1", .init(label: "base", bank: try bank(values))
      ).figure)
    try figure.expectSound()
    let picture = try #require(try pictures(figure).first)
    // Two columns of two weights with a pixel around each: 7 × 3.
    let line = 3 * 7
    #expect(picture.count == 3 * line)
    func pixel(_ x: Int, _ y: Int) -> [UInt8] {
      Array(picture[y * line + 3 * x..<y * line + 3 * x + 3])
    }
    #expect(pixel(1, 1) == [255, 128, 64])
    #expect(pixel(2, 1) == [0, 191, 128])
    #expect(pixel(4, 1) == [191, 128, 128])
    #expect(pixel(5, 1) == [128, 128, 0])
    #expect(pixel(0, 0) == [92, 92, 92])
  }

  @Test func theChangeStandsBesideBothAndIsMeasured() throws {
    var changed = values
    changed[0] = 1.5
    let figure = try #require(
      FilterFigure(
        name: "f", title: "Filters", layer: "conv1", .init(label: "base", bank: try bank(values)),
        and: .init(label: "tuned", bank: try bank(changed))
      ).figure)
    #expect(try pictures(figure).count == 3)
    // 0.5 against the root of 1 + 1 + 0.25 + 0.25 + 4 + 16.
    #expect(figure.caption.contains("is 10.5 % of"))
    try figure.expectSound()
  }

  /// The texts above the pictures.
  private func headings(_ first: String, _ second: String) throws -> [MarkupElement] {
    let figure = try #require(
      FilterFigure(
        name: "f", title: "Filters", layer: "conv1", .init(label: first, bank: try bank(values)),
        and: .init(label: second, bank: try bank(values))
      ).figure)
    try figure.expectSound()
    return try elements(of: figure.drawing.document).filter { $0.name == "text" }
  }

  @Test func headingsAreWholeNamesInLines() throws {
    let texts = try headings("main.base-A.division-0", "main.A7B+.division-0").map(\.text)
    #expect(!texts.contains { $0.contains("…") })
    #expect(texts == ["main.base-A.", "division-0", "main.A7B+.", "division-0", "change"])
  }

  @Test func abridgedHeadingsTellTheirName() throws {
    let name = String(repeating: "a-stage-with-a-long-name.", count: 4)
    let texts = try headings(name, "b")
    #expect(texts.count == 5)
    #expect(texts[2].text.contains("…") && texts[2].text.contains(name))
  }

  @Test func otherShapesHaveNoChange() throws {
    let other = try #require(
      FilterBank(count: 1, channels: 1, height: 1, width: 1, values: [0]))
    let figure = try #require(
      FilterFigure(
        name: "f", title: "Filters", layer: "conv1", .init(label: "base", bank: try bank(values)),
        and: .init(label: "other", bank: other)
      ).figure)
    #expect(try pictures(figure).count == 2)
  }

  @Test func weightsThatDoNotFillTheirShapeAreNoBank() {
    #expect(FilterBank(count: 2, channels: 3, height: 1, width: 2, values: [1]) == nil)
    #expect(FilterBank(count: 0, channels: 3, height: 1, width: 2, values: []) == nil)
  }

  @Test func weightsThatAreZeroOrNoNumbersAreGrey() throws {
    let figure = try #require(
      FilterFigure(
        name: "f", title: "Filters", layer: "conv1",
        .init(label: "base", bank: try bank([.nan, .infinity] + Array(repeating: 0, count: 10)))
      ).figure)
    let picture = try #require(try pictures(figure).first)
    #expect(Set(picture) == [92, 128])
  }
}
