import Planning
import Reporting
import Testing

@Suite struct AccuracyFigureTests {
  private func figure(_ runs: [RunResult]) throws -> Figure? {
    AccuracyFigure(try #require(analyse(runs).experiments.first)).figure
  }

  private let study = SyntheticStudy(
    lostCoadaptation: [0, 0.02, 0.05], specificity: [0, 0.03, 0.1], transferGain: 0.05,
    selfferGain: 0.01)

  @Test func marksStandWhereTheScaleHasTheirValues() throws {
    let figure = try #require(
      try self.figure([
        run(.frozen, source: "A", n: 1, .top1(0.40)), run(.frozen, source: "A", n: 2, .top1(0.60)),
        run(.frozen, source: "A", n: 3, .top1(0.50)),
      ]))
    // Squares begin at their upper left corner.
    let marks = try figure.titledMarks().sorted { $0.start.x < $1.start.x }
    #expect(marks.map { $0.title.suffix(6) } == ["40.0 %", "60.0 %", "50.0 %"])
    let heights = marks.map(\.start.y), places = marks.map(\.start.x)
    #expect(abs(heights[2] - (heights[0] + heights[1]) / 2) < 0.11)
    #expect(heights[1] < heights[0])
    #expect(abs((places[2] - places[1]) - (places[1] - places[0])) < 0.11)
    // The label of 40 % is at the height of the tick of 40 %.
    let label = try #require(
      try elements(of: figure.drawing.document).first { $0.name == "text" && $0.text == "40" })
    let lineHeight = 12 * 0.36
    let corner = 0.9 * 3.4
    #expect(abs((label.number("y") ?? .nan) - lineHeight - (heights[0] + corner)) < 0.2)
    try figure.expectSound()
  }

  @Test func everyRunIsAMarkAndEveryTreatmentAMean() throws {
    let figure = try #require(try self.figure(study.runs))
    let marks = try figure.titledMarks()
    // Eight runs in each of twelve cells and of the base; a mean for each.
    #expect(marks.count == 13 * 8 + 13)
    #expect(marks.count { $0.title.hasPrefix("AnB+: ") } == 3)
    try figure.expectSound()
    #expect(figure.caption.contains("104 runs"))
  }

  @Test func gapsOfABalancedStudyAreFilledAndNamed() throws {
    let figure = try #require(try self.figure(study.runs))
    let texts = try elements(of: figure.drawing.document).filter { $0.name == "text" }.map(\.text)
    for name in ["lost co-adaptation", "specificity", "fine-tuning gain"] {
      #expect(texts.contains(name))
      #expect(texts.contains { $0.hasPrefix("\(name): ") })
    }
    #expect(!figure.caption.contains("Not shaded"))
  }

  /// The original's mistake: fine-tuned transfers on easy targets only look better than they are.
  @Test func aGapThatComparesTargetsIsNotFilled() throws {
    let runs = study.runs.filter {
      !($0.design.kind == .fineTuned && $0.design.source == "B" && $0.design.target == "A")
    }
    let figure = try #require(try self.figure(runs))
    let texts = try elements(of: figure.drawing.document).filter { $0.name == "text" }.map(\.text)
    #expect(!texts.contains { $0.hasPrefix("fine-tuning gain") })
    #expect(texts.contains { $0.hasPrefix("specificity: ") })
    #expect(figure.caption.contains("Not shaded"))
  }

  @Test func networksAtChanceAreMarkedAndInterruptTheLine() throws {
    let trained = [
      run(.random, n: 1, .top1(0.5)), run(.random, n: 2, .top1(0.4)),
      run(.random, n: 4, .top1(0.3)), run(.random, n: 5, .top1(0.2)),
    ]
    func lines(_ runs: [RunResult]) throws -> Int {
      let figure = try #require(try self.figure(runs))
      return try elements(of: figure.drawing.document).count {
        $0.name == "path" && $0.attributes["stroke-linejoin"] == "round"
      }
    }
    #expect(try lines(trained) == 1)
    let untrained = run(.random, n: 3, .atChance(Measure(top1: 0.001, images: 1000)))
    #expect(try lines(trained + [untrained]) == 2)
    let figure = try #require(try self.figure(trained + [untrained]))
    #expect(try figure.titledMarks().contains { $0.title == "RnB, n=3: 1 did not train" })
    #expect(figure.caption.contains("1 run (did not train)"))
    try figure.expectSound()
  }

  @Test func withoutAResultThereIsNoFigure() throws {
    #expect(try self.figure([run(.frozen, source: "A", n: 1, .missing("never run"))]) == nil)
    #expect(try self.figure([run(.base, .diverged("loss is nan"))]) == nil)
  }

  @Test func oneRunIsAFigure() throws {
    let figure = try #require(try self.figure([run(.frozen, source: "A", n: 1, .top1(0.5))]))
    try figure.expectSound()
    #expect(figure.caption.contains("1 run against n"))
  }

  @Test func theBaseAloneIsNoFigure() throws {
    #expect(try self.figure([run(.base, .top1(0.5)), run(.base, .top1(0.6), seed: 1)]) == nil)
    let untrained = run(.random, n: 1, .atChance(Measure(top1: 0.001, images: 1000)))
    #expect(try self.figure([run(.base, .top1(0.5)), untrained]) != nil)
  }

  /// The positions of tick labels along the horizontal axis.
  private func ticks(_ figure: Figure) throws -> [String: Double] {
    let labels = try elements(of: figure.drawing.document).filter {
      $0.name == "text" && $0.attributes["text-anchor"] == "middle"
    }
    return Dictionary(
      labels.map { ($0.text, $0.number("x") ?? .nan) }, uniquingKeysWith: { first, _ in first })
  }

  @Test func whatIsAloneStandsAtItsTick() throws {
    let figure = try #require(
      try self.figure([
        run(.frozen, source: "B", n: 1, .top1(0.50)), run(.frozen, source: "A", n: 2, .top1(0.51)),
        run(.frozen, source: "A", n: 3, .top1(0.52)), run(.frozen, source: "B", n: 3, .top1(0.53)),
      ]))
    let ticks = try ticks(figure)
    let marks = try figure.titledMarks()
    func place(_ accuracy: String) throws -> Double {
      try #require(marks.first { $0.title.hasSuffix("\(accuracy) %") }).start.x
    }
    // Circles begin at their left edge, squares at their corner.
    #expect(abs(try place("50.0") + 3.4 - #require(ticks["1"])) < 0.2)
    #expect(abs(try place("51.0") + 0.9 * 3.4 - #require(ticks["2"])) < 0.2)
    #expect(try place("53.0") + 3.4 < #require(ticks["3"]) - 2)
    #expect(try place("52.0") + 0.9 * 3.4 > #require(ticks["3"]) + 2)
  }

  @Test func onlyTheBaseHasATickOfThatName() throws {
    let runs = [
      run(.frozen, source: "A", n: 0, .top1(0.5)), run(.frozen, source: "A", n: 1, .top1(0.6)),
    ]
    let alone = try ticks(#require(try self.figure(runs)))
    #expect(alone["base"] == nil && alone["0"] != nil)
    let together = try ticks(#require(try self.figure(runs + [run(.base, .top1(0.7))])))
    #expect(together["base"] != nil && together["0"] == nil)
  }

  @Test func areasBeginAndEndAtTicks() throws {
    let figure = try #require(try self.figure(study.runs))
    let ticks = try ticks(figure)
    let places = try ["1", "2", "3"].map { try #require(ticks[$0]) }
    let areas = try elements(of: figure.drawing.document).filter {
      $0.name == "path" && $0.attributes["fill-opacity"] == "0.16"
    }
    #expect(areas.count >= 3)
    for area in areas {
      let corners = try #require(area.attributes["d"]).dropFirst().dropLast().split(separator: "L")
      let across = try corners.map { try #require(Double($0.split(separator: " ")[0])) }
      let ends = try [#require(across.min()), #require(across.max())]
      // Where lines cross, an area ends between ticks.
      #expect(ends.contains { end in places.contains { abs($0 - end) < 0.11 } }, "\(ends)")
      #expect(abs(across[1] - across[2]) < 0.11 && abs(across[0] - across[3]) < 0.11)
    }
  }

  /// Selffers above the base: the gain of fine-tuning stands in front of the loss by another task.
  @Test func labelsStandOutsideOtherGaps() throws {
    let flat = SyntheticStudy(
      lostCoadaptation: [-0.04, -0.04, -0.04], specificity: [0.08, 0.1, 0.12], transferGain: 0.046)
    let figure = try #require(try self.figure(flat.runs))
    let found = try elements(of: figure.drawing.document)
    let legend = found.filter { $0.name == "text" }.map(\.text)
    #expect(legend.contains { $0.hasPrefix("fine-tuning gain: ") })
    #expect(legend.contains("specificity"))
    let area = found.filter {
      $0.attributes["fill-opacity"] == "0.16"
        && $0.attributes["class"] == "fill-\(Ink.vermilion.rawValue)"
    }
    let heights = try area.flatMap { area in
      try #require(area.attributes["d"]).dropFirst().dropLast().split(separator: "L").map {
        try #require(Double($0.split(separator: " ")[1]))
      }
    }
    let first = try #require(try ticks(figure)["1"])
    let top = try #require(heights.min()), bottom = try #require(heights.max())
    for label in found where label.text == "fine-tuning gain" {
      let middle = (label.number("y") ?? .nan) - 11 * 0.36
      let isBeside = (label.number("x") ?? .nan) < first && label.attributes["text-anchor"] == "end"
      #expect(isBeside || middle + 5.5 <= top || middle - 5.5 >= bottom)
    }
  }

  @Test func whatIsNoNumberIsNotDrawn() throws {
    let figure = try #require(
      try self.figure([run(.base, .top1(0.5)), run(.frozen, source: "A", n: 1, .top1(.nan))]))
    #expect(!figure.drawing.document.contains("nan"))
    try figure.expectSound()
  }

  @Test func manyDepthsAndTreatmentsStayReadable() throws {
    var runs: [RunResult] = [run(.base, .top1(0.7))]
    for n in 1...40 {
      for preserved in 1...6 {
        runs.append(
          run(
            .preserved, source: "A", n: n, .top1(0.6 + 0.001 * Double(n)), preserved: preserved))
      }
    }
    try #require(try self.figure(runs)).expectSound()
  }

  @Test func manyRunsAreSummedUp() throws {
    let many = SyntheticStudy(
      halvings: Array(0..<100), lostCoadaptation: [0.01, 0.02], specificity: [0.01, 0.05])
    let figure = try #require(try self.figure(many.runs))
    #expect(try figure.titledMarks().count == 5)
    #expect(figure.drawing.document.utf8.count < 20_000)
    #expect(figure.caption.contains("the ranges of 95 % and of the middle 50 %"))
    try figure.expectSound()
  }
}

@Suite struct OtherResultFigureTests {
  private let study = SyntheticStudy(
    lostCoadaptation: [0, 0.02, 0.05], specificity: [0, 0.03, 0.1], transferGain: 0.05,
    selfferGain: 0.01)

  @Test func differencesAreThoseOfPairs() throws {
    let experiment = try #require(study.analysis.experiments.first)
    let figure = try #require(DifferenceFigure(experiment).figure)
    try figure.expectSound()
    let marks = try figure.titledMarks()
    // Six contrasts at three n of eight pairs each, and their means.
    #expect(marks.count == 6 * 3 * 8 + 6 * 3)
    let means = marks.filter { $0.title.hasPrefix("BnB − AnB: ") }
    #expect(means.count == 3)
    let last = means[2].title.dropFirst("BnB − AnB: +".count).dropLast(" points".count)
    #expect(abs((Double(last) ?? .nan) - 10) < 0.3)
    #expect(means[2].start.y < means[1].start.y && means[1].start.y < means[0].start.y)
  }

  @Test func withoutPairsThereAreNoDifferences() throws {
    let experiment = try #require(
      analyse([run(.frozen, source: "A", n: 1, .top1(0.4))]).experiments.first)
    #expect(DifferenceFigure(experiment).figure == nil)
  }

  @Test func similarAndDissimilarTasksAndRandomFiltersShareAFigure() throws {
    var runs = study.runs
    for (n, top1) in [(1, 0.5), (2, 0.4), (4, 0.2)] {
      runs.append(
        run(
          .frozen, source: "natural", target: "man-made", n: n, .top1(top1), halving: nil,
          split: "kinds"))
      runs.append(
        run(.random, target: "all", n: n, .top1(top1 / 2), split: "photos", division: .whole))
    }
    runs.append(run(.base, target: "man-made", .top1(0.55), halving: nil, split: "kinds"))
    runs.append(run(.base, target: "all", .top1(0.55), split: "photos", division: .whole))
    let figures = RelativeFigure.all(analyse(runs).relative)
    #expect(figures.count == 1)
    let figure = try #require(figures.first)
    try figure.expectSound()
    let texts = try elements(of: figure.drawing.document).filter { $0.name == "text" }.map(\.text)
    #expect(texts.count { $0.contains("split") || $0.contains("random filters") } == 3)
    #expect(RelativeFigure.all([]).isEmpty)
  }

  @Test func examplesAreDrawnOnBothScales() throws {
    let counts = [(1, 0.01), (10, 0.05), (100, 0.3), (1000, 0.5)]
    var runs = counts.map { count, top1 in
      run(.base, .top1(top1), examples: count)
    }
    runs.append(run(.base, .top1(0.57)))
    runs.append(
      run(.base, .atChance(Measure(top1: 0.001, images: 1000)), examples: 50))
    let figure = try #require(ExamplesFigure(analyse(runs).byExamples).figure)
    try figure.expectSound()
    let marks = try figure.titledMarks()
    #expect(marks.count { $0.title.contains("did not train") } == 2)
    let trained = marks.filter { !$0.title.contains("did not train") }
    #expect(trained.count == 8)
    // A factor of ten is a distance below, and ten times the distance above.
    let above = trained.prefix(4).map(\.start.x), below = trained.suffix(4).map(\.start.x)
    #expect(abs((above[3] - above[2]) / (above[2] - above[1]) - 10) < 0.2)
    #expect(abs((below[3] - below[2]) - (below[2] - below[1])) < 0.2)
    #expect(ExamplesFigure([]).figure == nil)
  }

  @Test func oneNumberOfExamplesIsNoFigure() throws {
    let runs = [
      run(.base, .top1(0.5), examples: 20),
      run(.frozen, source: "A", n: 2, .top1(0.4), examples: 20),
    ]
    #expect(ExamplesFigure(analyse(runs).byExamples).figure == nil)
    let more = run(.base, .top1(0.6), examples: 100)
    #expect(ExamplesFigure(analyse(runs + [more]).byExamples).figure != nil)
  }

  @Test func treatmentsWithAsManyExamplesDoNotHideEachOther() throws {
    var runs: [RunResult] = []
    for examples in [5, 20, 100] {
      runs.append(run(.base, .top1(0.5), examples: examples))
      for n in 1...8 {
        runs.append(run(.frozen, source: "A", n: n, .top1(0.5), examples: examples))
      }
    }
    let figure = try #require(ExamplesFigure(analyse(runs).byExamples).figure)
    try figure.expectSound()
    let marks = try figure.titledMarks()
    #expect(marks.count == 2 * 9 * 3)
    // Below, on the logarithmic axis, there is room for all.
    let below = marks.suffix(27).map(\.start.x).sorted()
    #expect(zip(below, below.dropFirst()).allSatisfy { $1 - $0 > 1 })
    #expect(try #require(below.first) > 34 && #require(below.last) < Drawing.columnWidth - 14)
    let texts = try elements(of: figure.drawing.document).filter { $0.name == "text" }.map(\.text)
    #expect(!texts.contains { $0.contains("…") })
    for label in ["5", "10", "50"] { #expect(texts.contains(label)) }
    #expect(!texts.contains("9"))
  }
}
