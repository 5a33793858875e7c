import Basics
import Reporting
import Results
import Testing

@Suite struct ClassFigureTests {
  private func results(_ count: Int, name: (Int) -> String = { "class \($0)" }) throws
    -> ClassResults
  {
    try #require(
      ClassResults(
        classes: (0..<count).map(name),
        confusion: (0..<count).map { row in
          (0..<count).map { column in
            row == column ? 80 : column == (row + 1) % count ? 10 + row % 7 : 0
          }
        }))
  }

  @Test(arguments: [1, 2, 5, 10, 16, 17, 25, 26, 50, 100])
  func matricesOfAnySizeAreSound(_ count: Int) throws {
    let figures = ConfusionFigure(name: "c", title: "Confusion", try results(count)).figures
    #expect(figures.count == (count > 25 ? 2 : 1))
    for figure in figures { try figure.expectSound() }
    #expect(figures[0].drawing.document.utf8.count < 150_000)
  }

  @Test func cellsTellTheirPart() throws {
    let two = try #require(
      ClassResults(classes: ["cat", "dog"], confusion: [[75, 25], [0, 10]]))
    let figure = try #require(ConfusionFigure(name: "c", title: "Confusion", two).figures.first)
    let texts = try elements(of: figure.drawing.document).filter { $0.name == "text" }.map(\.text)
    #expect(texts.filter { Int($0) != nil } == ["75", "25", "100"])
  }

  @Test func ofManyClassesOnlyThePairsAreShown() throws {
    let figures = ConfusionFigure(name: "c", title: "Confusion", try results(1000)).figures
    #expect(figures.map(\.name) == ["confused-c"])
    try figures[0].expectSound()
    #expect(figures[0].drawing.document.utf8.count < 20_000)
  }

  @Test func longAndHostileNamesAreShortenedAndEscaped() throws {
    let results = try self.results(4) { index in
      index == 0
        ? "<script>alert(1)</script>" : String(repeating: "long name & \"quotes\" ", count: 5)
    }
    var figures = ConfusionFigure(name: "c", title: "Confusion", results).figures
    figures.append(
      try #require(
        ClassFigure(
          name: "c", title: "Classes",
          networks: [.init(label: "base", style: SeriesStyle(.base), results: results)]
        ).figure))
    for figure in figures {
      try figure.expectSound()
      #expect(!figure.drawing.document.contains("<script>"))
    }
  }

  @Test(arguments: [1, 10, 60, 61, 1000])
  func accuraciesOfAnyNumberOfClassesAreSound(_ count: Int) throws {
    let results = try self.results(count)
    let networks = ["base", "A3B", "A3B+"].enumerated().map { index, label in
      ClassFigure.Network(label: label, style: SeriesStyle.cycle(index), results: results)
    }
    try #require(ClassFigure(name: "c", title: "Classes", networks: networks).figure).expectSound()
  }

  @Test func networksOfOtherClassesAreLeftOut() throws {
    let figure = try #require(
      ClassFigure(
        name: "c", title: "Classes",
        networks: [
          .init(label: "base", style: SeriesStyle(.base), results: try results(3)),
          .init(label: "other", style: SeriesStyle(.transfer), results: try results(4)),
        ]
      ).figure)
    #expect(try figure.titledMarks().count == 3)
  }

  @Test func withoutImagesThereIsNoFigure() throws {
    let empty = try #require(ClassResults(classes: ["a", "b"], confusion: [[0, 0], [0, 0]]))
    #expect(ConfusionFigure(name: "c", title: "Confusion", empty).figures.isEmpty)
    #expect(
      ClassFigure(
        name: "c", title: "Classes",
        networks: [.init(label: "base", style: SeriesStyle(.base), results: empty)]
      ).figure == nil)
    #expect(empty.accuracy(of: 0) == nil)
  }
}
