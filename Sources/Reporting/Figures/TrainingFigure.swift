import Basics

/// Loss, accuracy and learning rate of training runs by iteration, in three panels: a few runs individually, many as
/// a mean and a range per treatment.
package struct TrainingFigure {
  /// At most this number of training runs is read, evenly chosen.
  package static let limit = 150
  /// Up to this number, training runs are drawn individually.
  package static let drawnSingly = 8
  /// Training runs whose lengths differ by this factor are drawn over the share of their length that is done.
  package static let mostUnequal = 3.0

  private let name: String
  private let title: String
  /// As drawn.
  private let curves: [TrainingCurve]
  /// The iterations of the shortest and of the longest training run; `nil` if they are much alike.
  private let unequalLengths: ClosedRange<Double>?
  private let remark: String

  /// - Parameters:
  ///   - name: the file name.
  ///   - remark: the end of the caption.
  package init(name: String, title: String, curves: [TrainingCurve], remark: String = "") {
    self.name = name
    self.title = title
    let lengths = curves.map(\.length).filter { $0 > 0 }
    if let least = lengths.min(), let most = lengths.max(),
      most >= TrainingFigure.mostUnequal * least
    {
      unequalLengths = least...most
    } else {
      unequalLengths = nil
    }
    self.curves = unequalLengths == nil ? curves : curves.map(\.relative)
    self.remark = remark
  }

  private typealias Point = TrainingCurve.Point

  /// One training run, or the summary of those of one treatment.
  private struct Course {
    var style: SeriesStyle
    var points: [Point]
    /// The range around each point; empty for a single run.
    var range: [TrainingMean.Point] = []

    init(_ style: SeriesStyle, _ points: [Point]) {
      self.style = style
      self.points = points
    }

    init(_ style: SeriesStyle, _ mean: [TrainingMean.Point], ofMany: Bool) {
      self.style = style
      points = mean.map { Point(iteration: $0.iteration, value: $0.mean) }
      if ofMany { range = mean }
    }

    /// The range that the axis has to cover.
    var extent: [Double] { points.map(\.value) + range.flatMap { [$0.low, $0.high] } }
  }

  private struct Panel {
    var title: String
    var lines: [Course]
    var dots: [Course] = []
    var isLogarithmic = false
    var factor = 1.0
    /// Whether the axis must include zero.
    var includesZero = false
    var isStepped = false
  }

  private var areSummedUp: Bool { curves.count > TrainingFigure.drawnSingly }

  /// The maximum number of points of a line.
  private var pointsEach: Int { areSummedUp ? 80 : 200 }

  /// The figure; `nil` without points.
  package var figure: Figure? {
    let panels = panels.filter { panel in
      (panel.lines + panel.dots).contains { !$0.points.isEmpty }
    }
    guard !panels.isEmpty else { return nil }
    let hasDots = panels.contains { $0.dots.contains { !$0.points.isEmpty } }
    let legend = Legend(
      labels
        + (hasDots
          ? [Legend.Entry("measured on held-out images", .point(SeriesStyle(.black, .circle)))]
          : []))
    let iterations = panels.flatMap { ($0.lines + $0.dots).flatMap { $0.points.map(\.iteration) } }
    let heights = panels.map { $0.isStepped ? 70.0 : 140.0 }
    let gap = Axes.topMargin + 12
    var drawing = Drawing(
      height: legend.height + 4 + heights.reduce(0) { $0 + $1 + gap } - 12 + Axes.bottomMargin,
      title: title, summary: summary)
    legend.draw(on: &drawing, top: 2)
    var top = legend.height + 4 + Axes.topMargin
    for (index, panel) in panels.enumerated() {
      let bottom = top + heights[index]
      let frame = Box(left: 48, top: top, right: Drawing.columnWidth - 12, bottom: bottom)
      let values = (panel.lines + panel.dots).flatMap(\.extent)
      let y: Scale =
        panel.isLogarithmic
        ? .logarithmic(covering: values.map { $0 * panel.factor }, from: bottom, to: top, labels: 3)
        : .linear(
          covering: values.map { $0 * panel.factor } + (panel.includesZero ? [0] : []),
          from: bottom, to: top,
          ticks: panel.isStepped ? 3 : 5)
      let axes = Axes(
        frame: frame, x: .linear(0...(iterations.max() ?? 1), from: frame.left, to: frame.right),
        y: y)
      axes.draw(
        on: &drawing, xTitle: index == panels.count - 1 ? xTitle : nil, yTitle: panel.title)
      draw(panel, in: axes, on: &drawing)
      top = bottom + gap
    }
    return Figure(name: name, drawing: drawing, caption: caption)
  }

  private var xTitle: String {
    unequalLengths == nil ? "iteration" : "iteration, % of each training run's own number"
  }

  private var panels: [Panel] {
    // Dots are measured on other images.
    let isOfTraining = curves.allSatisfy { $0.measuredLoss.isEmpty && $0.measuredAccuracy.isEmpty }
    var loss = Panel(
      title: isOfTraining ? "training loss" : "loss", lines: [], includesZero: true)
    var accuracy = Panel(
      title: "top-1 accuracy\(isOfTraining ? " on training images" : ""), %", lines: [],
      factor: 100)
    if areSummedUp {
      for mean in TrainingMean.all(of: curves, atMost: pointsEach) {
        func course(_ points: [TrainingMean.Point]) -> Course {
          Course(mean.style, points, ofMany: mean.count > 1)
        }
        loss.lines.append(course(mean.loss))
        loss.dots.append(Course(mean.style, mean.measuredLoss, ofMany: false))
        accuracy.lines.append(course(mean.accuracy))
        accuracy.dots.append(Course(mean.style, mean.measuredAccuracy, ofMany: false))
      }
    } else {
      func thinned(_ points: [Point]) -> [Point] { TrainingCurve.thinned(points, to: pointsEach) }
      for curve in curves {
        loss.lines.append(Course(curve.style, thinned(curve.loss)))
        loss.dots.append(Course(curve.style, some(curve.measuredLoss)))
        accuracy.lines.append(Course(curve.style, thinned(curve.accuracy)))
        accuracy.dots.append(Course(curve.style, some(curve.measuredAccuracy)))
      }
    }
    let rate = Panel(
      title: "learning rate",
      lines: distinctRates.map {
        Course($0.style, TrainingCurve.thinned($0.rate, to: pointsEach))
      }, isLogarithmic: ratesSpanDecades, includesZero: !ratesSpanDecades, isStepped: true)
    return [loss, accuracy, rate]
  }

  private func draw(_ panel: Panel, in axes: Axes, on drawing: inout Drawing) {
    func y(_ value: Double) -> Double { axes.y.position(value * panel.factor) }
    for course in panel.lines {
      drawing.area(
        course.range.map { (axes.x.position($0.iteration), y($0.high)) }
          + course.range.reversed().map { (axes.x.position($0.iteration), y($0.low)) },
        course.style.ink, opacity: TrainingFigure.bandOpacity)
    }
    for course in panel.lines {
      var line = course.points.map { (x: axes.x.position($0.iteration), y: y($0.value)) }
      // A constant may be a single point.
      if line.count == 1 { line.append((min(line[0].x + 4, axes.frame.right), line[0].y)) }
      drawing.polyline(line, course.style.ink, width: 1.4, dashes: course.style.dashes)
    }
    for course in panel.dots {
      for point in course.points {
        drawing.marker(
          SeriesStyle(course.style.ink, .circle), x: axes.x.position(point.iteration),
          y: y(point.value), radius: 2)
      }
    }
  }

  private static let bandOpacity = 0.16

  private func some(_ points: [Point]) -> [Point] {
    TrainingFigure.some(points, atMost: pointsEach)
  }

  /// Evenly chosen elements, including the first and the last; nothing is averaged.
  static func some<Element>(_ all: [Element], atMost limit: Int) -> [Element] {
    guard all.count > limit, limit > 1 else { return all }
    return (0..<limit).map { all[$0 * (all.count - 1) / (limit - 1)] }
  }

  /// Each distinct learning-rate schedule once; most training runs share theirs.
  private var distinctRates: [TrainingCurve] {
    var seen: Set<[Point]> = []
    return curves.filter { !$0.rate.isEmpty && seen.insert($0.rate).inserted }
  }

  private var ratesSpanDecades: Bool {
    let rates = curves.flatMap { $0.rate.map(\.value) }.filter { $0 > 0 }
    guard let least = rates.min(), let most = rates.max() else { return false }
    return most / least >= 30 && !curves.contains { $0.rate.contains { $0.value <= 0 } }
      && isSteppedRate
  }

  /// Whether the rate falls in steps. Rates that fall smoothly to zero are clearer on a linear axis.
  private var isSteppedRate: Bool {
    curves.allSatisfy { Set($0.rate.map(\.value)).count <= 12 }
  }

  /// Each label once, in order; for means, with the number of runs.
  private var labels: [Legend.Entry] {
    var counts: [String: Int] = [:]
    for curve in curves { counts[curve.label, default: 0] += 1 }
    var seen: Set<String> = []
    return curves.filter { seen.insert($0.label).inserted }.map { curve in
      let count = counts[curve.label] ?? 1
      return Legend.Entry(
        areSummedUp && count > 1 ? "\(curve.label), \(count) runs" : curve.label, .line(curve.style)
      )
    }
  }

  private var summary: String {
    curves.prefix(12).compactMap { curve in
      curve.loss.last.map { last in
        "\(curve.label) ends"
          + (unequalLengths == nil ? " at iteration \(fixed(last.iteration, decimals: 0))" : "")
          + " with loss \(fixed(last.value, decimals: 3))"
          + (curve.accuracy.last.map { " and accuracy \(fixed(100 * $0.value, decimals: 1)) %" }
            ?? "")
      }
    }.joined(separator: "; ")
  }

  private var caption: String {
    var text =
      "Loss and accuracy on the images trained on, each measured before the step that learns from them, and the "
      + "learning rate. "
    if areSummedUp {
      text +=
        "Lines are means over the training runs of a treatment at all n, bands range from the lowest to the "
        + "highest; 'cambium show FILE STAGE --figures' draws a single run."
    } else {
      let stretches = curves.map { ($0.loss.count + pointsEach - 1) / pointsEach }.max() ?? 1
      text +=
        stretches > 1
        ? "Lines join means of up to \(stretches) consecutive records; nothing else is smoothed."
        : "Nothing is smoothed beyond the interval means that training runs record."
    }
    if curves.contains(where: { !$0.measuredLoss.isEmpty }) {
      text += " Dots are measurements during training, on images that are not trained on."
    }
    if let unequalLengths {
      let (least, most) = (unequalLengths.lowerBound, unequalLengths.upperBound)
      text +=
        " Training runs take from \(fixed(least, decimals: 0)) to \(fixed(most, decimals: 0)) iterations: each is drawn "
        + "over its own length."
    }
    if distinctRates.count < curves.filter({ !$0.rate.isEmpty }).count {
      text += " Identical learning-rate schedules are drawn once."
    }
    return remark.isEmpty ? text : text + " " + remark
  }
}
