import Basics
import Reporting
import Results
import Testing

@Suite struct TrainingFigureTests {
  private func curve(_ text: String) throws -> TrainingCurve {
    try TrainingCurve(
      label: "base", style: SeriesStyle(.blue, .circle),
      series: MetricSeries(contents: Array(text.utf8)))
  }

  private let plain = """
    iteration,epoch,rate,loss,accuracy
    10,0.5,0.02,2.0,0.2
    20,1,0.02,1.0,0.5
    30,1.5,0.002,0.5,0.8

    """

  private let measured = """
    iteration,epoch,rate,loss,accuracy,subset
    10,0.5,0.02,2.0,0.2,train
    15,0.7,,1.7,0.3,test
    20,1,0.02,nan,0.5,train

    """

  @Test func seriesAreRead() throws {
    let curve = try self.curve(plain)
    #expect(curve.loss.map(\.value) == [2, 1, 0.5])
    #expect(curve.rate.map(\.iteration) == [10, 20, 30])
    #expect(curve.measuredLoss.isEmpty)
  }

  @Test func whatWasMeasuredIsToldApart() throws {
    let curve = try self.curve(measured)
    #expect(curve.loss.map(\.value) == [2])
    #expect(curve.accuracy.map(\.value) == [0.2, 0.5])
    #expect(curve.measuredAccuracy == [.init(iteration: 15, value: 0.3)])
  }

  @Test func thinningTakesMeansOfStretches() {
    let points = (1...10).map { TrainingCurve.Point(iteration: Double($0), value: Double($0 * 10)) }
    #expect(TrainingCurve.thinned(points, to: 10) == points)
    #expect(
      TrainingCurve.thinned(points, to: 5).map(\.value) == [15, 35, 55, 75, 95])
    #expect(TrainingCurve.thinned(points, to: 3).count == 3)
  }

  @Test func lossAccuracyAndRateStandAboveEachOther() throws {
    let curve = try self.curve(plain)
    let figure = try #require(
      TrainingFigure(name: "t", title: "Training", curves: [curve]).figure)
    try figure.expectSound()
    let lines = try elements(of: figure.drawing.document).filter {
      $0.attributes["stroke-linejoin"] == "round"
    }
    #expect(lines.count == 3)
    let texts = try elements(of: figure.drawing.document).filter { $0.name == "text" }.map(\.text)
    for title in [
      "training loss", "top-1 accuracy on training images, %", "learning rate", "iteration",
    ] {
      #expect(texts.contains(title))
    }
    #expect(figure.caption.contains("Nothing is smoothed"))
  }

  /// Dots beside the lines are measured on other images.
  @Test func titlesSayTrainingOnlyIfAllIsOfTraining() throws {
    let figure = try #require(
      TrainingFigure(name: "t", title: "Training", curves: [curve(measured)]).figure)
    let texts = try elements(of: figure.drawing.document).filter { $0.name == "text" }.map(\.text)
    #expect(texts.contains("loss") && texts.contains("top-1 accuracy, %"))
    #expect(!texts.contains { $0.contains("training images") })
  }

  @Test func aHundredTrainingsStayAFigure() throws {
    let text =
      "iteration,epoch,rate,loss,accuracy\n"
      + (1...1000).map { "\($0 * 10),\($0),0.01,\(5 / Double($0)),0.5\n" }.joined()
    let curves = try (0..<100).map { _ in try curve(text) }
    let figure = try #require(TrainingFigure(name: "t", title: "Training", curves: curves).figure)
    try figure.expectSound()
    #expect(figure.drawing.document.utf8.count < 250_000)
    #expect(figure.caption.contains("Lines are means over the training runs of a treatment"))
    let lines = try elements(of: figure.drawing.document).filter {
      $0.attributes["stroke-linejoin"] == "round"
    }
    // Loss, accuracy, and the rate, which they share.
    #expect(lines.count == 3)
    #expect(figure.drawing.document.contains(", 100 runs"))
  }

  /// Runs of one treatment are shown as their mean and range.
  @Test func manyRunsAreAMeanAndARange() throws {
    func curve(_ label: String, _ style: SeriesStyle, _ losses: [Double]) throws -> TrainingCurve {
      let rows = losses.enumerated().map { "\(10 * ($0 + 1)),1,0.1,\($1),0.5\n" }.joined()
      return try TrainingCurve(
        label: label, style: style,
        series: MetricSeries(
          contents: Array(("iteration,epoch,rate,loss,accuracy\n" + rows).utf8)))
    }
    var curves: [TrainingCurve] = []
    for run in 0..<15 {
      curves.append(
        try curve("base", SeriesStyle(.base), [2 + 0.1 * Double(run), 1 + 0.1 * Double(run)]))
      curves.append(try curve("AnB", SeriesStyle(.transfer), [4, 3, 2, 1]))
    }
    let figure = try #require(TrainingFigure(name: "t", title: "T", curves: curves).figure)
    try figure.expectSound()
    let paths = try elements(of: figure.drawing.document)
    // Lines of loss, accuracy and the two learning-rate schedules; a range for each mean.
    #expect(paths.filter { $0.attributes["stroke-linejoin"] == "round" }.count == 6)
    #expect(
      paths.filter { $0.attributes["fill-opacity"] == "0.16" || $0.attributes["opacity"] == "0.16" }
        .count == 4)
    let text = paths.filter { $0.name == "text" }.map(\.text)
    #expect(text.contains("base, 15 runs") && text.contains("AnB, 15 runs"))
    #expect(figure.caption.contains("bands range from the lowest to the highest"))
    #expect(figure.caption.contains("show FILE STAGE --figures"))
  }

  /// A short run beside a long one would be a stroke at the edge.
  @Test func runsOfUnequalLengthAreDrawnOverTheirOwn() throws {
    func curve(_ iterations: [Int]) throws -> TrainingCurve {
      try self.curve(
        "iteration,epoch,rate,loss,accuracy\n"
          + iterations.map { "\($0),1,0.1,1,0.5\n" }.joined())
    }
    func ends(_ curves: [TrainingCurve]) throws -> (ends: [Double], figure: Figure) {
      let figure = try #require(TrainingFigure(name: "t", title: "T", curves: curves).figure)
      try figure.expectSound()
      let lines = try elements(of: figure.drawing.document).filter {
        $0.attributes["stroke-linejoin"] == "round"
      }
      let ends = try lines.map { line in
        let last = try #require(line.attributes["d"]).split(separator: "L").last
        return try #require(last?.split(separator: " ").first.flatMap { Double($0) })
      }
      return (ends, figure)
    }
    let long = try curve([10, 500, 1500])
    let alike = try ends([long, curve([10, 500, 1000])])
    #expect(Set(alike.ends).count == 2)
    #expect(!alike.figure.caption.contains("own length"))
    let unequal = try ends([long, curve([10, 80, 160])])
    #expect(Set(unequal.ends).count == 1)
    #expect(unequal.figure.caption.contains("from 160 to 1500 iterations"))
    let texts = try elements(of: unequal.figure.drawing.document).filter { $0.name == "text" }
    #expect(texts.contains { $0.text == "iteration, % of each training run's own number" })
  }

  @Test func fewRunsAreDrawnOneByOne() throws {
    let curves = try (0..<TrainingFigure.drawnSingly).map { _ in try curve(plain) }
    let figure = try #require(TrainingFigure(name: "t", title: "T", curves: curves).figure)
    let lines = try elements(of: figure.drawing.document).filter {
      $0.attributes["stroke-linejoin"] == "round"
    }
    #expect(lines.count == 2 * TrainingFigure.drawnSingly + 1)
  }

  @Test func meansAreOfRunsAndNotOfRecords() {
    typealias Point = TrainingCurve.Point
    let often = (1...8).map { Point(iteration: Double($0), value: $0 <= 4 ? 1 : 3) }
    let seldom = [Point(iteration: 4, value: 3), Point(iteration: 8, value: 9)]
    let means = TrainingMean.points(of: [often, seldom, []], atMost: 80)
    #expect(
      means.map { [$0.iteration, $0.mean, $0.low, $0.high] } == [
        [3.25, 2, 1, 3], [7.25, 6, 3, 9],
      ])
    let odd = [Point(iteration: -5, value: 1), Point(iteration: 1e300, value: 2)]
    #expect(TrainingMean.points(of: [odd], atMost: 80).count == 2)
    #expect(TrainingMean.points(of: [[Point(iteration: 0, value: 1)]], atMost: 80).count == 1)
    #expect(TrainingMean.points(of: [[]], atMost: 80).isEmpty)
  }

  @Test func withoutPointsThereIsNoFigure() throws {
    #expect(TrainingFigure(name: "t", title: "Training", curves: []).figure == nil)
    let empty = try curve("iteration,epoch,rate,loss,accuracy\n")
    #expect(TrainingFigure(name: "t", title: "Training", curves: [empty]).figure == nil)
    let one = try curve("iteration,epoch,rate,loss,accuracy\n1,1,0.1,2,0.5\n")
    try #require(TrainingFigure(name: "t", title: "T", curves: [one]).figure).expectSound()
  }
}
