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
    series = AccuracyFigure.plotted(experiment)
    base = AccuracyFigure.plottedBase(experiment)
    gaps = AccuracyFigure.gaps(of: experiment)
    let hasUntrained = experiment.series.contains { $0.points.contains { !$0.untrained.isEmpty } }
    legend = AccuracyFigure.legend(base: base, series, gaps, hasUntrained: hasUntrained)
  }

  private static func plotted(_ experiment: Experiment) -> [PlotSeries] {
    let styles = SeriesStyle.distinct(experiment.series.map(\.treatment))
    var plotted: [PlotSeries] = []
    for (series, style) in zip(experiment.series, styles) {
      let points = series.points.map { $0.plotted }
      plotted.append(PlotSeries(label: series.label, style: style, points: points))
    }
    let columns = max((experiment.depths.max() ?? 0) + 1, 2)
    return PlotSeries.dodged(plotted, room: min(44, 0.7 * Drawing.columnWidth / Double(columns)))
  }

  private static func plottedBase(_ experiment: Experiment) -> PlotSeries? {
    guard let base = experiment.base else { return nil }
    return PlotSeries(label: "base", style: SeriesStyle(.base), points: [base.plotted])
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

  /// The figure; `nil` if no run has a result.
  package var figure: Figure? {
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
    let depths = experiment.depths
    var ticks = depths.map { Scale.Tick(value: Double($0), label: $0 == 0 ? "base" : "\($0)") }
    if base != nil { ticks.insert(Scale.Tick(value: 0, label: "base"), at: 0) }
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
      for point in source.points where !point.untrained.isEmpty {
        drawing.marker(
          AccuracyFigure.untrainedMark, x: axes.x.position(Double(point.depth)) + plotted.dodge,
          y: axes.frame.bottom - 6, radius: 3,
          title: "\(source.label), n=\(point.depth): \(point.untrained.count) did not train")
      }
    }
  }

  // MARK: - Gaps

  /// The upper and lower edge of a gap wherever both treatments have a mean; the base is constant.
  private func edges(
    of gap: Gap, in axes: Axes
  ) -> [(depth: Int, upper: (x: Double, y: Double), lower: (x: Double, y: Double))] {
    func edge(_ treatment: Treatment, at depth: Int) -> (x: Double?, y: Double)? {
      if treatment == .base {
        return base?.points.first?.estimate.map { (nil, axes.y.position($0.mean)) }
      }
      guard let index = experiment.series.firstIndex(where: { $0.treatment == treatment }),
        let point = series[index].points.first(where: { $0.x == Double(depth) }),
        let estimate = point.estimate
      else { return nil }
      return (axes.x.position(point.x) + series[index].dodge, axes.y.position(estimate.mean))
    }
    return experiment.depths.compactMap { depth in
      guard let upper = edge(gap.contrast.kind.minuend, at: depth),
        let lower = edge(gap.contrast.kind.subtrahend, at: depth)
      else { return nil }
      let x = upper.x ?? lower.x ?? 0
      return (depth, (x, upper.y), (lower.x ?? x, lower.y))
    }
  }

  /// Fills the gaps where the upper treatment is actually better.
  private func draw(_ gaps: [Gap], in axes: Axes, on drawing: inout Drawing) {
    for gap in gaps {
      let edges = edges(of: gap, in: axes)
      for (left, right) in zip(edges, edges.dropFirst()) {
        let before = left.lower.y - left.upper.y, after = right.lower.y - right.upper.y
        guard before > 0 || after > 0 else { continue }
        // The fraction of the way at which the lines cross.
        let crossing = before / (before - after)
        func between(
          _ a: (x: Double, y: Double), _ b: (x: Double, y: Double)
        ) -> (x: Double, y: Double) {
          (a.x + crossing * (b.x - a.x), a.y + crossing * (b.y - a.y))
        }
        let ends = [
          before > 0
            ? (left.upper, left.lower)
            : (between(left.upper, right.upper), between(left.lower, right.lower)),
          after > 0
            ? (right.upper, right.lower)
            : (between(left.upper, right.upper), between(left.lower, right.lower)),
        ]
        drawing.area(
          [ends[0].0, ends[1].0, ends[1].1, ends[0].1], gap.ink,
          opacity: AccuracyFigure.gapOpacity)
      }
    }
  }

  /// Labels the gaps in the plot, each where it is widest, if there is room.
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
    for gap in gaps {
      let widest = edges(of: gap, in: axes).sorted {
        $0.lower.y - $0.upper.y > $1.lower.y - $1.upper.y
      }
      let places = widest.prefix(3).filter { $0.lower.y - $0.upper.y >= 9 }.flatMap { edge in
        let middle = (edge.upper.y + edge.lower.y) / 2
        // Inside the area if it is high enough, otherwise next to the marks.
        let inside = [edge.upper.y + 9, middle, edge.lower.y - 9].map { y in
          (x: (edge.upper.x + edge.lower.x) / 2, y: y, anchor: Drawing.Anchor.middle)
        }
        let beside = [0.0, -8, 8, -16, 16].flatMap { shift in
          [(edge.upper.x - 9, Drawing.Anchor.end), (edge.upper.x + 9, .start)].map { x, anchor in
            (x: x, y: middle + shift, anchor: anchor)
          }
        }
        return inside + beside
      }
      let free = places.filter { place in
        let box = Drawing.box(of: gap.label, x: place.x, y: place.y, anchor: place.anchor, size: 11)
        return axes.frame.contains(box) && !busy.contains(where: box.overlaps)
          && !drawing.textBoxes.contains(where: box.overlaps)
      }
      let clear = free.first { place in
        let box = Drawing.box(of: gap.label, x: place.x, y: place.y, anchor: place.anchor, size: 11)
        return !lines.contains { box.contains(x: $0.x, y: $0.y) }
      }
      guard let place = clear ?? free.first else { continue }
      drawing.text(
        gap.label, x: place.x, y: place.y, anchor: place.anchor, size: 11, halo: true)
      busy.append(
        Drawing.box(of: gap.label, x: place.x, y: place.y, anchor: place.anchor, size: 11))
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
