import Basics

/// The stages of a run over time; parallel stages are in separate lanes.
package struct TimelineFigure {
  private let timeline: RunTimeline
  private let remark: String

  /// - Parameter remark: the end of the caption.
  package init(_ timeline: RunTimeline, remark: String = "") {
    self.timeline = timeline
    self.remark = remark
  }

  private static let usualKinds: [(kind: String, ink: Ink)] = [
    ("prepare", .purple), ("train", .blue), ("transfer", .vermilion), ("evaluate", .green),
    ("report", .orange),
  ]

  /// The kinds of the timeline's stages with their colours; all other kinds share one.
  private var kinds: [(kind: String, ink: Ink)] {
    let present = Set(timeline.spans.map(\.kind))
    let usual = TimelineFigure.usualKinds.filter { present.contains($0.kind) }
    let others = present.subtracting(usual.map(\.kind)).sorted()
    return usual + (others.isEmpty ? [] : [(others.joined(separator: ", "), .black)])
  }
  private static let continuedMark = SeriesStyle(.black, .triangle)
  private static let failedMark = SeriesStyle(.red, .cross)

  /// The figure; `nil` if nothing ran.
  package var figure: Figure? {
    guard timeline.didWork else { return nil }
    var entries = kinds.map {
      Legend.Entry($0.kind, .area($0.ink, opacity: 1))
    }
    if timeline.spans.contains(where: \.isContinued) {
      entries.append(
        Legend.Entry("resumed from a checkpoint", .point(TimelineFigure.continuedMark)))
    }
    if timeline.spans.contains(where: { $0.ending == .failed }) {
      entries.append(Legend.Entry("failed", .point(TimelineFigure.failedMark)))
    }
    if timeline.spans.contains(where: { $0.ending == .stopped || $0.ending == .unfinished }) {
      entries.append(Legend.Entry("stopped or unfinished", .area(.faint, opacity: 0.35)))
    }
    let legend = Legend(entries)
    let laneHeight = timeline.lanes > 24 ? 7.0 : timeline.lanes > 8 ? 14.0 : 22.0
    let top = legend.height + Axes.topMargin + 2
    let bottom = top + laneHeight * Double(timeline.lanes)
    let (unit, seconds) = TimelineFigure.unit(of: timeline.length)
    let x = Scale.linear(
      0...max(timeline.length / seconds, 1e-3), from: 10, to: Drawing.columnWidth - 16, ticks: 6)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin, title: "Timeline of run \(timeline.run)",
      summary: summary)
    legend.draw(on: &drawing, top: 2)
    drawing.text(
      timeline.lanes == 1 ? "one stage at a time" : "up to \(timeline.lanes) stages at a time",
      x: 4, y: top - 11)
    for tick in x.thinned(size: Drawing.textSize).ticks {
      let position = x.position(tick.value)
      drawing.line(from: (position, top), to: (position, bottom + 4), .grid)
      drawing.tickLabel(tick.label, x: position, y: bottom + 13)
    }
    drawing.line(
      from: (10, bottom), to: (Drawing.columnWidth - 16, bottom), .faint)
    drawing.text(
      "time since the run began, \(unit)", x: Drawing.columnWidth / 2, y: bottom + 29,
      anchor: .middle)
    draw(x: x, seconds: seconds, top: top, laneHeight: laneHeight, on: &drawing)
    return Figure(name: "timeline", drawing: drawing, caption: caption)
  }

  private func draw(
    x: Scale, seconds: Double, top: Double, laneHeight: Double, on drawing: inout Drawing
  ) {
    let isNamed = timeline.spans.count <= 400
    // Adjacent spans of one kind in a lane that are too thin to be visible are merged into one mark.
    var pending: [Int: (box: Box, ink: Ink)] = [:]
    func flush(_ lane: Int, on drawing: inout Drawing) {
      if let mark = pending.removeValue(forKey: lane) { drawing.rectangle(mark.box, mark.ink) }
    }
    for span in timeline.spans {
      let gap = laneHeight > 10 ? 2.0 : 1.0
      var box = Box(
        left: x.position(span.start / seconds),
        top: top + laneHeight * Double(span.lane) + gap,
        right: x.position(span.end / seconds),
        bottom: top + laneHeight * Double(span.lane + 1) - gap)
      box.right = max(box.right - 0.3, box.left + 0.4)
      let ink = TimelineFigure.usualKinds.first { $0.kind == span.kind }?.ink ?? .black
      let middle = (box.top + box.bottom) / 2
      switch span.ending {
      case .produced where !isNamed:
        if let last = pending[span.lane], last.ink == ink, box.left - last.box.right < 0.5 {
          pending[span.lane]?.box.right = max(box.right, last.box.right)
        } else {
          flush(span.lane, on: &drawing)
          pending[span.lane] = (box, ink)
        }
      case .produced, .failed:
        drawing.rectangle(
          box, ink, title: "\(span.stage): \(duration(seconds: span.end - span.start))")
        if isNamed { label(span, in: box, on: &drawing) }
      case .stopped, .unfinished:
        drawing.rectangle(
          box, ink, opacity: 0.35, title: "\(span.stage): \(span.ending.rawValue)")
      }
      let radius = min(4, laneHeight / 3)
      if span.ending == .failed {
        drawing.marker(
          TimelineFigure.failedMark, x: box.right, y: middle, radius: radius,
          title: "\(span.stage): failed")
      }
      if span.isContinued {
        drawing.marker(
          TimelineFigure.continuedMark, x: box.left, y: middle, radius: radius,
          title: "\(span.stage): resumed from a checkpoint")
      }
    }
    for lane in pending.keys.sorted() { flush(lane, on: &drawing) }
  }

  /// The stage's name inside its bar, if there is room.
  private func label(_ span: RunTimeline.Span, in box: Box, on drawing: inout Drawing) {
    let left = box.left + (span.isContinued ? 8 : 3)
    let room = box.right - 3 - left
    guard box.height >= 12, TextMetrics.width(of: span.stage, size: 10) <= room else { return }
    drawing.text(span.stage, x: left, y: (box.top + box.bottom) / 2, ink: .paper, size: 10)
  }

  private static func unit(of length: Double) -> (name: String, seconds: Double) {
    length < 180 ? ("s", 1) : length < 3 * 3600 ? ("min", 60) : ("h", 3600)
  }

  private var summary: String {
    "\(counted(timeline.spans.count, "stage")) ran in \(duration(seconds: timeline.length)), \(grouped(timeline.reused)) "
      + (timeline.reused == 1 ? "was cached." : "were cached.")
  }

  private var caption: String {
    var parts = [
      "\(counted(timeline.spans.count, "stage")) ran in \(duration(seconds: timeline.length))"
    ]
    if timeline.reused > 0 {
      parts.append(
        timeline.reused == 1
          ? "1 was cached and has no bar"
          : "\(grouped(timeline.reused)) were cached and have no bar")
    }
    if timeline.skipped > 0 { parts.append("\(grouped(timeline.skipped)) did not start") }
    if !timeline.waits.isEmpty {
      parts.append("\(grouped(timeline.waits.count)) waited for another run")
    }
    return parts.joined(separator: "; ") + "." + (remark.isEmpty ? "" : " " + remark)
  }
}
