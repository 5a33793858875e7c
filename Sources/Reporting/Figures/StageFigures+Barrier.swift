import Basics
import Planning
import Results

extension StageFigures {
  /// Loss and accuracy on the line between two networks.
  package static let barrier = StageFigures([.barrier]) { stage throws(DiagnosticError) in
    let result = try BarrierResult(of: stage.artifact.record)
    let height = result.loss.map { "The loss barrier is \(fixed($0.height, decimals: 4)). " } ?? ""
    return [
      BarrierFigure(
        name: stage.fileName, title: "Between the networks of \(stage.name)",
        curves: [BarrierFigure.Curve(label: stage.name, results: [result])],
        caption:
          "Loss and accuracy on \(counted(result.points[0].score.images, "image")) of networks whose weights are on the "
          + "line from the first network (0) to the second (1). " + height
          + "Dashed: the straight line between the values at both ends."
      ).figure
    ]
  }
}

extension AnalysisReport {
  /// Barriers between networks.
  package static let barriers = AnalysisReport(.barrier) { networks, source, analysis in
    let results = try networks.map { ($0, try BarrierResult(of: $0.artifact.record)) }
    let found = Dictionary(
      results.map { ($0.0.name, $0.1) }, uniquingKeysWith: { first, _ in first })
    let groups = AnalysedGroup.groups(of: networks)
    let losses = 0...Double.greatestFiniteMagnitude
    let percent = 0...100.0
    func text(
      _ group: AnalysedGroup, decimals: Int, in range: ClosedRange<Double>,
      _ value: (BarrierResult) -> Double?
    ) -> String {
      group.estimate(in: range) { found[$0.name].flatMap(value) }?.text(decimals: decimals) ?? ""
    }
    var section = AnalysisSection(
      id: "barriers", title: "Barriers",
      note:
        "Loss and accuracy of networks on the line between the weights of two networks. The loss barrier is the largest distance by "
        + "which the loss is above the straight line between those at both ends, the accuracy barrier the largest by which the accuracy "
        + "is below it; 0 without a barrier. Means with 95 % intervals over the networks (pairs that share one: by the jackknife)."
    )
    section.tables = [
      AnalysisSection.Table(
        title: "Barriers",
        heading: [
          "between", "pairs", "loss barrier", "accuracy barrier, points", "loss at the ends",
          "loss halfway", "accuracy at the ends, %", "accuracy halfway, %",
        ],
        rows: groups.map { group in
          [
            group.title, "\(group.trained.count)",
            text(group, decimals: 4, in: losses) { $0.loss?.height },
            text(group, decimals: 1, in: percent) { $0.accuracy.map { 100 * $0.height } },
            text(group, decimals: 4, in: losses) { $0.ends(\.loss) },
            text(group, decimals: 4, in: losses) { $0.middle.score.loss },
            text(group, decimals: 1, in: percent) { $0.ends(\.accuracy) },
            text(group, decimals: 1, in: percent) { $0.middle.score.accuracy },
          ]
        })
    ]
    struct Place: Hashable {
      var network: String?
      var split: String
    }
    var places: [Place] = []
    for group in groups {
      let place = Place(network: group.network, split: group.split)
      if !places.contains(place) { places.append(place) }
    }
    section.figures = Figure.uniquelyNamed(
      places.map { place in
        let own = groups.filter {
          $0.network == place.network && $0.split == place.split && !$0.trained.isEmpty
        }
        let title = [place.network, place.split].compactMap { $0 }
        return BarrierFigure(
          name: Figure.fileName(title.joined(separator: "-")),
          title: "Between networks: \(title.joined(separator: ", "))",
          curves: own.map { group in
            BarrierFigure.Curve(
              label: group.title, results: group.trained.compactMap { found[$0.name] })
          },
          caption:
            "Loss and accuracy of networks whose weights are on the line from one network (0) to another (1). Thick lines with marks "
            + "are means over pairs, thin ones single pairs. Dashed: the straight line between the means at both ends."
        ).figure
      })
    section.files = ["barriers.csv": barriersTable(results)]
    return section
  }
}

extension TrialScore {
  /// In per cent.
  fileprivate var accuracy: Double? { 100 * top1 }
}

extension BarrierResult {
  fileprivate var middle: Point { points[points.count / 2] }

  /// The mean at both ends; `nil` if one is missing.
  fileprivate func ends(_ value: (TrialScore) -> Double?) -> Double? {
    guard let first = value(points[0].score), let last = value(points[points.count - 1].score)
    else { return nil }
    return (first + last) / 2
  }
}

/// A line for each pair and point.
private func barriersTable(_ results: [(AnalysedNetwork, BarrierResult)]) -> String {
  var rows = [
    AnalysedNetwork.pairColumnNames
      + ["position", "loss", "top1", "images", "loss_barrier", "accuracy_barrier"]
  ]
  for (network, result) in results {
    for point in result.points {
      rows.append(
        network.pairColumns
          + [
            "\(point.position)", point.score.loss.map { "\($0)" } ?? "", "\(point.score.top1)",
            "\(point.score.images)", result.loss.map { "\($0.height)" } ?? "",
            result.accuracy.map { "\($0.height)" } ?? "",
          ])
    }
  }
  return csvText(rows)
}

/// Two panels over the position between networks: loss and accuracy, each with the straight line between its ends.
private struct BarrierFigure {
  /// Pairs that are replicates of each other.
  struct Curve {
    var label: String
    var results: [BarrierResult]
  }

  let name: String
  let title: String
  let curves: [Curve]
  let caption: String

  /// A number at each position; `nil` where it is not finite.
  private typealias Line = [(position: Double, value: Double?)]

  private struct Panel: Sendable {
    var title: String
    var decimals: Int
    var value: @Sendable (TrialScore) -> Double?

    func lines(of curve: Curve) -> [Line] {
      curve.results.map { result in
        result.points.map { (position: $0.position, value: value($0.score)) }
      }
    }

    /// The mean at the positions that all pairs have.
    func mean(of curve: Curve) -> Line {
      let lines = lines(of: curve)
      return (lines.first ?? []).compactMap { point in
        let others = lines.compactMap { line in
          line.first { $0.position == point.position }
        }
        guard others.count == lines.count else { return nil }
        let values = others.compactMap(\.value)
        return (
          position: point.position,
          value: values.count == lines.count
            ? values.reduce(0, +) / Double(values.count) : nil
        )
      }
    }
  }

  private static let panels = [
    Panel(title: "loss", decimals: 4) { $0.loss },
    Panel(title: "top-1 accuracy, %", decimals: 1) { $0.accuracy },
  ]

  /// A single curve is as blue as other accuracies.
  private func style(_ curve: Int, panel: Int) -> SeriesStyle {
    guard curves.count == 1 else { return SeriesStyle.cycle(curve) }
    return panel == 0 ? SeriesStyle(.vermilion, .square) : SeriesStyle(.blue, .circle)
  }

  private static let panelHeight = 130.0

  var figure: Figure {
    let gap = Axes.topMargin + 12
    let legend = Legend(
      curves.count == 1
        ? []
        : curves.enumerated().map { index, curve in
          Legend.Entry(curve.label, .series(style(index, panel: 0)))
        })
    var drawing = Drawing(
      height: legend.height + 2 * (BarrierFigure.panelHeight + gap) - 12 + Axes.bottomMargin,
      title: title, summary: summary)
    legend.draw(on: &drawing, top: 2)
    var top = legend.height + Axes.topMargin + 4
    for (index, panel) in BarrierFigure.panels.enumerated() {
      let bottom = top + BarrierFigure.panelHeight
      let frame = Box(left: 48, top: top, right: Drawing.columnWidth - 14, bottom: bottom)
      let values = curves.flatMap { panel.lines(of: $0).joined().compactMap(\.value) }
      let axes = Axes(
        frame: frame,
        x: .linear(0...1, from: frame.left + 6, to: frame.right - 6),
        y: .linear(covering: values, from: bottom, to: top, ticks: 5))
      axes.draw(
        on: &drawing, xTitle: index == 1 ? "position between the networks" : nil,
        yTitle: panel.title)
      for (number, curve) in curves.enumerated() {
        draw(curve, panel, style(number, panel: index), in: axes, on: &drawing)
      }
      top = bottom + gap
    }
    return Figure(name: "barrier-\(name)", drawing: drawing, caption: caption)
  }

  private func draw(
    _ curve: Curve, _ panel: Panel, _ style: SeriesStyle, in axes: Axes,
    on drawing: inout Drawing
  ) {
    let mean = panel.mean(of: curve)
    if let first = mean.first?.value, let last = mean.last?.value {
      drawing.line(
        from: (axes.x.position(0), axes.y.position(first)),
        to: (axes.x.position(1), axes.y.position(last)), .faint, width: 1.2, dashes: "6 3")
    }
    if curve.results.count > 1 {
      for line in panel.lines(of: curve) {
        draw(line, style, width: 0.7, in: axes, on: &drawing)
      }
    }
    draw(mean, style, width: 1.8, in: axes, on: &drawing)
    guard mean.count <= 60 else { return }
    for point in mean {
      guard let value = point.value else { continue }
      drawing.marker(
        style, x: axes.x.position(point.position), y: axes.y.position(value), radius: 3,
        title:
          "\(curve.label), \(fixed(point.position, decimals: 2)): \(fixed(value, decimals: panel.decimals))"
      )
    }
  }

  /// Interrupted where a value is not finite.
  private func draw(
    _ line: Line, _ style: SeriesStyle, width: Double, in axes: Axes, on drawing: inout Drawing
  ) {
    var segment: [(x: Double, y: Double)] = []
    for point in line {
      guard let value = point.value else {
        drawing.polyline(segment, style.ink, width: width)
        segment = []
        continue
      }
      segment.append((axes.x.position(point.position), axes.y.position(value)))
    }
    drawing.polyline(segment, style.ink, width: width)
  }

  private var summary: String {
    curves.prefix(12).map { curve in
      let (losses, accuracies) = (
        BarrierFigure.panels[0].mean(of: curve), BarrierFigure.panels[1].mean(of: curve)
      )
      let points = zip(losses, accuracies).prefix(60).map { loss, accuracy in
        "\(fixed(loss.position, decimals: 2)): loss \(loss.value.map { fixed($0, decimals: 3) } ?? "not finite"), "
          + "\(accuracy.value.map { fixed($0, decimals: 1) } ?? "–") %"
      }.joined(separator: "; ")
      return (curves.count > 1 ? "\(curve.label): " : "") + points + "."
    }.joined(separator: " ")
  }
}
