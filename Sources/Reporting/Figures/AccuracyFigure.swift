import Basics
import Definitions

/// Accuracy against n for one experiment: the paper's Figure 2.
package struct AccuracyFigure {
  /// The area between two treatments, with its meaning.
  private struct Gap {
    var contrast: Contrast
    var ink: Ink
    var label: String
  }

  private let experiment: Experiment
  private let series: [PlotSeries]
  private let base: PlotSeries?
  private let gaps: [Gap]
  private let legend: Legend

  private static let plotHeight = 230.0
  private static let gapOpacity = 0.16

  package init(_ experiment: Experiment) {
    self.experiment = experiment
    (base, series) = AccuracyFigure.plotted(experiment)
    gaps = AccuracyFigure.gaps(of: experiment)
    let hasUntrained = experiment.series.contains { $0.points.contains { !$0.untrained.isEmpty } }
    legend = AccuracyFigure.legend(base: base, series, gaps, hasUntrained: hasUntrained)
  }

  private static func plotted(_ experiment: Experiment) -> (base: PlotSeries?, [PlotSeries]) {
    let base = experiment.base.map {
      PlotSeries(label: "base", style: SeriesStyle(.base), points: [$0.plotted])
    }
    let styles = SeriesStyle.distinct(experiment.series.map(\.treatment))
    var plotted: [PlotSeries] = []
    for (series, style) in zip(experiment.series, styles) {
      let points = series.points.map { $0.plotted }
      plotted.append(PlotSeries(label: series.label, style: style, points: points))
    }
    let columns = max((experiment.depths.max() ?? 0) + 1, 2)
    let dodged = PlotSeries.dodged(
      (base.map { [$0] } ?? []) + plotted,
      room: min(44, 0.7 * Drawing.columnWidth / Double(columns)))
    return (base == nil ? nil : dodged[0], Array(dodged.suffix(plotted.count)))
  }

  private static func gaps(of experiment: Experiment) -> [Gap] {
    let kinds: [(kind: ContrastKind, ink: Ink, label: String)] = [
      (.lostCoadaptation, .blue, "lost co-adaptation"), (.specificity, .vermilion, "specificity"),
      (.fineTuningGain, .green, "fine-tuning gain"),
    ]
    var gaps: [Gap] = []
    for (kind, ink, label) in kinds {
      guard let contrast = experiment.contrast(kind), experiment.showsInMeans(contrast),
        experiment.hasArea(of: contrast)
      else { continue }
      gaps.append(Gap(contrast: contrast, ink: ink, label: label))
    }
    return gaps
  }

  private static func legend(
    base: PlotSeries?, _ series: [PlotSeries], _ gaps: [Gap], hasUntrained: Bool
  ) -> Legend {
    var entries: [Legend.Entry] = []
    if let base { entries.append(Legend.Entry("base", .series(base.style))) }
    for series in series { entries.append(Legend.Entry(series.label, .series(series.style))) }
    for gap in gaps {
      entries.append(
        Legend.Entry(
          "\(gap.label): \(gap.contrast.kind.formula)", .area(gap.ink, opacity: gapOpacity + 0.1)))
    }
    if hasUntrained { entries.append(Legend.Entry("did not train", .point(untrainedMark))) }
    return Legend(entries)
  }

  /// The figure; `nil` if no run has a result, or the base alone.
  package var figure: Figure? {
    let drawn = experiment.series.flatMap(\.points)
    guard drawn.contains(where: { !$0.values.isEmpty || !$0.untrained.isEmpty }) else { return nil }
    let all = series + (base.map { [$0] } ?? [])
    let values = all.extent
    guard !values.isEmpty else { return nil }
    let top = legend.height + Axes.topMargin + 4
    let bottom = top + AccuracyFigure.plotHeight
    let y = Scale.linear(covering: values, from: bottom, to: top)
    let left = max(Axes.leftMargin(for: y), 34)
    let frame = Box(left: left, top: top, right: Drawing.columnWidth - 6, bottom: bottom)
    let axes = Axes(frame: frame, x: depthScale(in: frame), y: y)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin,
      title: "Accuracy against n: \(experiment.title)", summary: summary)
    legend.draw(on: &drawing, top: 2)
    axes.draw(
      on: &drawing, xTitle: "n, the number of copied layers", yTitle: "top-1 accuracy, %")
    draw(gaps, in: axes, on: &drawing)
    if let base { drawBase(base, in: axes, on: &drawing) }
    for series in series { axes.draw(series, on: &drawing) { "\(fixed($0, decimals: 1)) %" } }
    markUntrained(in: axes, on: &drawing)
    label(gaps, in: axes, on: &drawing)
    return Figure(
      name: "accuracy-" + Figure.fileName(experiment.title), drawing: drawing, caption: caption)
  }

  private func depthScale(in frame: Box) -> Scale {
    var ticks = experiment.depths.map { Scale.Tick(value: Double($0), label: "\($0)") }
    if base != nil {
      ticks = [Scale.Tick(value: 0, label: "base")] + ticks.filter { $0.value > 0 }
    }
    let first = ticks.first?.value ?? 0, last = ticks.last?.value ?? 1
    // Columns have the same space at the ends as in between.
    let margin = max(0.5, (last - first) * 0.05)
    return .linear(
      (first - margin)...(last + margin), ticksAt: ticks, from: frame.left, to: frame.right)
  }

  private func drawBase(_ base: PlotSeries, in axes: Axes, on drawing: inout Drawing) {
    if let estimate = base.points.first?.estimate {
      let level = axes.y.position(estimate.mean)
      if estimate.hasInterval {
        drawing.rectangle(
          Box(
            left: axes.frame.left, top: max(axes.y.position(estimate.high), axes.frame.top),
            right: axes.frame.right,
            bottom: min(axes.y.position(estimate.low), axes.frame.bottom)), base.style.ink,
          opacity: 0.1)
      }
      drawing.line(
        from: (axes.frame.left, level), to: (axes.frame.right, level), base.style.ink, width: 1.4,
        dashes: base.style.dashes)
    }
    axes.draw(base, on: &drawing, joined: false) { "\(fixed($0, decimals: 1)) %" }
  }

  private static let untrainedMark = SeriesStyle(.red, .cross)

  /// Networks at chance level are outside the scale and marked below it.
  private func markUntrained(in axes: Axes, on drawing: inout Drawing) {
    for (source, plotted) in zip(experiment.series, series) {
      for (point, mark) in zip(source.points, plotted.points) where !point.untrained.isEmpty {
        drawing.marker(
          AccuracyFigure.untrainedMark, x: axes.centre(of: mark),
          y: axes.frame.bottom - 6, radius: 3,
          title: "\(source.label), n=\(point.depth): \(point.untrained.count) did not train")
      }
    }
  }

  // MARK: - Gaps

  /// The upper and lower edge of a gap at each tick where both treatments have a mean; the base is constant.
  private func edges(of gap: Gap, in axes: Axes) -> [GapEdge] {
    func height(_ treatment: Treatment, at depth: Int) -> Double? {
      let points =
        treatment == .base
        ? base?.points.prefix(1)
        : experiment.series.firstIndex { $0.treatment == treatment }.map { index in
          series[index].points.filter { $0.x == Double(depth) }.prefix(1)
        }
      return points?.first?.estimate.map { axes.y.position($0.mean) }
    }
    return experiment.depths.compactMap { depth in
      guard let upper = height(gap.contrast.kind.minuend, at: depth),
        let lower = height(gap.contrast.kind.subtrahend, at: depth)
      else { return nil }
      return GapEdge(x: axes.x.position(Double(depth)), upper: upper, lower: lower)
    }
  }

  /// Fills the gaps where the upper treatment is actually better.
  private func draw(_ gaps: [Gap], in axes: Axes, on drawing: inout Drawing) {
    for gap in gaps {
      let edges = edges(of: gap, in: axes)
      for (left, right) in zip(edges, edges.dropFirst())
      where left.height > 0 || right.height > 0 {
        // The fraction of the way at which the lines cross.
        let crossing = left.between(right, left.height / (left.height - right.height))
        let start = left.height > 0 ? left : crossing
        let end = right.height > 0 ? right : crossing
        drawing.area(
          [(start.x, start.upper), (end.x, end.upper), (end.x, end.lower), (start.x, start.lower)],
          gap.ink, opacity: AccuracyFigure.gapOpacity)
      }
    }
  }

  /// Labels the gaps in the plot, each where it is widest, if there is room outside other gaps.
  private func label(_ gaps: [Gap], in axes: Axes, on drawing: inout Drawing) {
    // Labels must not cover means and their marks.
    var busy = ([base].compactMap { $0 } + series).flatMap { axes.line(of: $0) }.map {
      Box(left: $0.x - 4, top: $0.y - 4, right: $0.x + 4, bottom: $0.y + 4)
    }
    // Labels should not cover points along the lines either.
    let lines = series.flatMap { axes.segments(of: $0) }.flatMap { segment in
      zip(segment, segment.dropFirst()).flatMap { start, end in
        (0...16).map { step in
          let part = Double(step) / 16
          return (x: start.x + part * (end.x - start.x), y: start.y + part * (end.y - start.y))
        }
      }
    }
    let areas = gaps.map { edges(of: $0, in: axes) }
    for (index, gap) in gaps.enumerated() {
      let own = areas[index]
      let halfway = zip(own, own.dropFirst()).map { $0.between($1, 0.5) }
      let widest = (own + halfway).sorted { $0.height > $1.height }
      let wide = widest.prefix(5).filter { $0.height >= 9 }
      // Inside the area if it is high enough, otherwise next to the marks.
      let inside = wide.flatMap { edge in
        [(edge.upper + edge.lower) / 2, edge.upper + 10, edge.lower - 10].map { y in
          (x: edge.x, y: y, anchor: Drawing.Anchor.middle)
        }
      }
      let beside = wide.flatMap { edge in
        [0.0, -8, 8, -16, 16].flatMap { shift in
          [(edge.x - 9, Drawing.Anchor.end), (edge.x + 9, .start)].map { x, anchor in
            (x: x, y: (edge.upper + edge.lower) / 2 + shift, anchor: anchor)
          }
        }
      }
      func box(_ place: (x: Double, y: Double, anchor: Drawing.Anchor)) -> Box {
        Drawing.box(of: gap.label, x: place.x, y: place.y, anchor: place.anchor, size: 11)
      }
      let free = (inside + beside).filter { place in
        let box = box(place)
        return axes.frame.contains(box) && !busy.contains(where: box.overlaps)
          && !drawing.textBoxes.contains(where: box.overlaps)
          && !areas.indices.contains { $0 != index && areas[$0].overlap(box) }
      }
      let clear = free.first { place in
        !lines.contains { box(place).contains(x: $0.x, y: $0.y) }
      }
      guard let place = clear ?? free.first else { continue }
      drawing.text(
        gap.label, x: place.x, y: place.y, anchor: place.anchor, size: 11, halo: true)
      busy.append(box(place))
    }
  }

  // MARK: - Words

  private var runCount: Int {
    (series + (base.map { [$0] } ?? [])).reduce(0) {
      $0 + $1.points.reduce(0) { $0 + $1.values.count }
    }
  }

  private var summary: String {
    let means = (base.map { [$0] } ?? []) + series
    return means.map { series in
      let points = series.points.compactMap { point in
        point.estimate.map {
          (series.label == "base" ? "" : "n=\(Int(point.x)) ") + "\(fixed($0.mean, decimals: 1)) %"
        }
      }
      return "\(series.label): \(points.prefix(24).joined(separator: ", "))."
    }.joined(separator: " ")
  }

  private var caption: String {
    let most = (series + (base.map { [$0] } ?? [])).flatMap(\.points).map(\.values.count).max() ?? 0
    var text = "Top-1 accuracy of \(grouped(runCount)) run\(runCount == 1 ? "" : "s") against n"
    if let network = experiment.network { text += ", network \(network)" }
    let estimates = experiment.allPoints.compactMap(\.estimate)
    if !estimates.contains(where: \.hasInterval) {
      text += ". Marks are single runs on an unknown number of images, which have no interval"
    } else {
      text += ". Large marks are means\(estimates.intervalsInWords(over: "runs"))"
    }
    if most > Axes.runsDrawnSingly {
      text +=
        ", pale bars the ranges of 95 % and of the middle 50 % of the runs"
    } else if most > 1 {
      text += ", small marks single runs"
    }
    text += "." + (series + (base.map { [$0] } ?? [])).openIntervalsInWords
    if let base = experiment.base?.estimate {
      text += " The dashed line is the mean of the base networks"
      text += base.hasInterval ? ", the grey band its 95 % interval." : "."
    }
    let hidden = [ContrastKind.lostCoadaptation, .specificity, .fineTuningGain].filter { kind in
      experiment.contrast(kind).map { !experiment.showsInMeans($0) && $0.points.count > 1 } ?? false
    }
    if !hidden.isEmpty {
      text +=
        " Not shaded: "
        + hidden.map { "\($0.title) (\($0.formula))" }.joined(separator: ", ")
        + ": the two were measured on different targets, so the area between their means does not match the paired "
        + "differences."
    }
    let lost = experiment.allPoints.reduce(into: (untrained: 0, diverged: 0, missing: 0)) {
      $0.untrained += $1.untrained.count
      $0.diverged += $1.diverged.count
      $0.missing += $1.missing.count
    }
    for (count, word) in [
      (lost.untrained, "did not train"), (lost.diverged, "diverged"), (lost.missing, "missing"),
    ] where count > 0 {
      text += " Left out: \(grouped(count)) run\(count == 1 ? "" : "s") (\(word))."
    }
    return text
  }
}

/// Where two means stand above each other, in the drawing; the height is negative where the upper one is worse.
private struct GapEdge {
  var x: Double
  var upper: Double
  var lower: Double

  var height: Double { lower - upper }

  /// What is drawn at a fraction of the way to another edge.
  func between(_ other: GapEdge, _ part: Double) -> GapEdge {
    GapEdge(
      x: x + part * (other.x - x), upper: upper + part * (other.upper - upper),
      lower: lower + part * (other.lower - lower))
  }
}

extension [GapEdge] {
  /// Whether a box covers some of the area.
  fileprivate func overlap(_ box: Box) -> Bool {
    zip(self, dropFirst()).contains { left, right in
      (0...4).contains { step in
        let x = box.left + Double(step) / 4 * box.width
        guard (left.x...right.x).contains(x) else { return false }
        let edge = left.between(right, (x - left.x) / (right.x - left.x))
        return edge.height > 0 && box.top < edge.lower && box.bottom > edge.upper
      }
    }
  }
}

extension Experiment {
  /// Whether there is an area between the means of two treatments with the better one above.
  fileprivate func hasArea(of contrast: Contrast) -> Bool {
    let leads = contrast.points.compactMap { point -> Double? in
      guard let minuend = mean(contrast.kind.minuend, point.depth),
        let subtrahend = mean(contrast.kind.subtrahend, point.depth)
      else { return nil }
      return minuend - subtrahend
    }
    return leads.count > 1 && leads.contains { $0 > 0 }
  }

  private func mean(_ treatment: Treatment, _ depth: Int) -> Double? {
    treatment == .base
      ? base?.estimate?.mean
      : series(treatment)?.points.first { $0.depth == depth }?.estimate?.mean
  }

  /// Whether the area between the means of two treatments agrees with their pairs: it differs from the paired
  /// differences by no more than a tenth of the largest one. This always holds if both were measured on the same
  /// targets.
  fileprivate func showsInMeans(_ contrast: Contrast) -> Bool {
    var largest = 0.0
    var error = 0.0
    var count = 0
    for point in contrast.points {
      guard let minuend = mean(contrast.kind.minuend, point.depth),
        let subtrahend = mean(contrast.kind.subtrahend, point.depth)
      else { continue }
      guard let paired = point.estimate?.mean else { return false }
      largest = max(largest, paired.magnitude)
      error = max(error, (minuend - subtrahend - paired).magnitude)
      count += 1
    }
    return count > 1 && error <= 0.1 * largest + 1e-12
  }
}

extension Experiment {
  /// The points of the base and of all series.
  var allPoints: [Point] { (base.map { [$0] } ?? []) + series.flatMap(\.points) }
}

extension Point {
  /// In per cent.
  var plotted: PlotSeries.Point {
    PlotSeries.Point(
      x: Double(depth),
      values: PlotSeries.Value.accuracies(of: runs),
      estimate: estimate?.inPercent)
  }
}

extension Estimate {
  /// A fraction, or a difference of two, in per cent.
  var inPercent: Estimate {
    Estimate(mean: 100 * mean, low: 100 * low, high: 100 * high, count: count, method: method)
  }
}
