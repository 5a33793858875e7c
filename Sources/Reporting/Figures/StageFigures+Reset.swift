import Basics
import Planning
import Results

extension StageFigures {
  /// The accuracy of a network with each of its layers put back.
  package static let reset = StageFigures([.reset]) { stage throws(DiagnosticError) in
    let result = try ResetResult(of: stage.artifact.record)
    let draws = result.layers.map(\.random.count).max() ?? 0
    let spread =
      draws > 1
      ? " Random weights: the mean over \(draws) draws, and a bar from the lowest to the highest."
      : ""
    return [
      ResetFigure(
        name: stage.fileName, title: "Layers of \(stage.name) put back",
        trained: 100 * result.trained.top1,
        rows: result.layers.map { layer in
          ResetFigure.Row(
            layer: layer.name, initial: layer.initial.map { .init(100 * $0.top1) },
            random: layer.randomTop1.map { mean -> ResetFigure.Mark in
              let draws = layer.random.map { 100 * $0.top1 }
              return .init(100 * mean, low: draws.min(), high: draws.max())
            })
        },
        caption:
          "Accuracy on \(counted(result.trained.images, "image")) of the trained network with one layer put back to the "
          + "weights that training started from, or to random ones, and all others as trained."
          + spread
      ).figure
    ]
  }
}

extension AnalysisReport {
  /// The accuracy of networks with each of their layers put back.
  package static let resets = AnalysisReport(.reset) { networks, source, analysis in
    let results = try networks.map { ($0, try ResetResult(of: $0.artifact.record)) }
    let found = Dictionary(
      results.map { ($0.0.name, $0.1) }, uniquingKeysWith: { first, _ in first })
    let groups = AnalysedGroup.groups(of: networks).map { ResetGroup(group: $0, results: found) }
    var section = AnalysisSection(
      id: "resets", title: "Layers put back",
      note:
        "Accuracy of trained networks with one layer put back to the weights that training started from, or to random ones from the "
        + "same distribution, and all others as trained: what the accuracy loses is what the network needs of that layer. "
        + "Means with 95 % intervals over draws of seed and split; those of random weights are over the mean of each network's draws."
    )
    section.figures = Figure.uniquelyNamed(
      groups.filter { !$0.group.trained.isEmpty }.map(\.figure))
    section.tables = AnalysedGroup.groups(of: networks).byLayers.map { layers, own in
      AnalysisSection.Table(
        title: "Top-1 accuracy with a layer put back, %",
        heading: ["network", "put back to", "none"] + layers,
        rows: own.map { ResetGroup(group: $0, results: found) }.flatMap { $0.rows(layers) })
    }
    section.files = ["resets.csv": resetsTable(results)]
    return section
  }
}

/// Resets of networks that are replicates of each other.
private struct ResetGroup {
  var group: AnalysedGroup
  /// By stage.
  var results: [String: ResetResult]

  private var trained: Estimate? {
    group.estimate(in: 0...1) { results[$0.name]?.trained.top1 }?.inPercent
  }

  private func value(_ layer: String, _ target: KeyPath<ResetResult.Layer, Double?>)
    -> (AnalysedNetwork) -> Double?
  {
    { results[$0.name]?.layers.first { $0.name == layer }?[keyPath: target] }
  }

  private func estimate(
    _ layer: String, _ target: KeyPath<ResetResult.Layer, Double?>
  ) -> Estimate? {
    group.estimate(in: 0...1, value(layer, target))?.inPercent
  }

  func rows(_ layers: [String]) -> [[String]] {
    let targets: [(String, KeyPath<ResetResult.Layer, Double?>)] = [
      ("initial weights", \.initialTop1), ("random weights", \.randomTop1),
    ]
    return targets.compactMap { name, target in
      let estimates = layers.map { estimate($0, target) }
      guard estimates.contains(where: { $0 != nil }) else { return nil }
      return [group.title, name, trained?.text(decimals: 1) ?? ""]
        + estimates.map { $0?.text(decimals: 1) ?? "" }
    }
  }

  var figure: Figure {
    func mark(_ layer: String, _ target: KeyPath<ResetResult.Layer, Double?>) -> ResetFigure.Mark? {
      estimate(layer, target).map { estimate in
        ResetFigure.Mark(
          estimate.mean, low: estimate.low, high: estimate.high,
          values: group.trained.compactMap(value(layer, target)).map { 100 * $0 })
      }
    }
    let layers = group.members[0].network.layers.filter { layer in
      group.members.contains { results[$0.name]?.layers.contains { $0.name == layer } == true }
    }
    let (count, units) = (group.trained.count, trained?.units ?? 1)
    return ResetFigure(
      name: Figure.fileName(group.label), title: "Layers put back: \(group.title)",
      trained: trained?.mean ?? 0,
      rows: layers.map { layer in
        ResetFigure.Row(
          layer: layer, initial: mark(layer, \.initialTop1), random: mark(layer, \.randomTop1))
      },
      caption:
        "Accuracy with one layer put back to the weights that training started from, or to random ones (for each network the mean "
        + "over its draws), and all others as trained."
        + (count > 1 ? " Large marks are means over \(counted(count, "network")), small ones" : "")
        + (count > 1 ? " single networks" : "")
        + (units > 1 ? ", bars 95 % intervals (Student's t over independent networks)." : ".")
    ).figure
  }
}

extension ResetResult.Layer {
  fileprivate var initialTop1: Double? { initial?.top1 }
}

/// A line for each network, layer and draw.
private func resetsTable(_ results: [(AnalysedNetwork, ResetResult)]) -> String {
  var rows = [
    AnalysedNetwork.columnNames
      + ["layer", "n", "put_back_to", "draw", "top1", "loss", "trained_top1", "images"]
  ]
  for (network, result) in results {
    for layer in result.layers {
      let scores =
        (layer.initial.map { [("initial", 0, $0)] } ?? [])
        + layer.random.enumerated().map { ("random", $0.offset, $0.element) }
      for (target, draw, score) in scores {
        rows.append(
          network.columns
            + [
              layer.name, network.depth(of: layer.name).map { "\($0)" } ?? "", target, "\(draw)",
              "\(score.top1)", score.loss.map { "\($0)" } ?? "", "\(result.trained.top1)",
              "\(score.images)",
            ])
      }
    }
  }
  return csvText(rows)
}

/// Accuracy in per cent by the layer that is put back, from the first layer down.
private struct ResetFigure {
  struct Mark {
    var mean: Double
    /// The ends of a bar.
    var low: Double
    var high: Double
    /// Of single networks.
    var values: [Double]

    init(_ mean: Double, low: Double? = nil, high: Double? = nil, values: [Double] = []) {
      self.mean = mean
      self.low = low ?? mean
      self.high = high ?? mean
      self.values = values.count > 1 && values.count <= Axes.runsDrawnSingly ? values : []
    }
  }

  struct Row {
    var layer: String
    var initial: Mark?
    var random: Mark?
  }

  let name: String
  let title: String
  let trained: Double
  let rows: [Row]
  let caption: String

  private static let initial = SeriesStyle(.blue, .circle)
  private static let random = SeriesStyle(.vermilion, .square, isOpen: true)
  private static let trained = SeriesStyle(.black, .diamond, dashes: "6 3")

  var figure: Figure {
    let pitch = 20.0
    var entries = [Legend.Entry("as trained", .line(ResetFigure.trained))]
    if rows.contains(where: { $0.initial != nil }) {
      entries.append(.init("initial weights", .point(ResetFigure.initial)))
    }
    if rows.contains(where: { $0.random != nil }) {
      entries.append(.init("random weights", .point(ResetFigure.random)))
    }
    let legend = Legend(entries)
    let longest =
      rows.map { TextMetrics.width(of: printable($0.layer), size: Drawing.textSize) }.max() ?? 0
    let left = min(longest, 130) + 10
    let top = legend.height + 6
    let bottom = top + pitch * Double(max(rows.count, 1))
    let marks = rows.flatMap { [$0.initial, $0.random].compactMap { $0 } }
    let x = Scale.linear(
      covering: [trained] + marks.flatMap { [$0.mean, $0.low, $0.high] + $0.values },
      from: left + 8, to: Drawing.columnWidth - 16, ticks: 5)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin, title: title, summary: summary)
    legend.draw(on: &drawing, top: 2)
    for tick in x.ticks {
      let position = x.position(tick.value)
      drawing.line(from: (position, top), to: (position, bottom), .grid)
      drawing.tickLabel(tick.label, x: position, y: bottom + 12)
    }
    drawing.text(
      "top-1 accuracy with the layer put back, %", x: (left + Drawing.columnWidth) / 2,
      y: bottom + 29, anchor: .middle)
    let line = x.position(trained)
    drawing.line(
      from: (line, top), to: (line, bottom), .black, width: 1.4, dashes: ResetFigure.trained.dashes)
    for (index, row) in rows.enumerated() {
      let y = top + (Double(index) + 0.5) * pitch
      drawing.text(
        TextMetrics.shortened(printable(row.layer), toWidth: left - 10, size: Drawing.textSize),
        x: left - 4, y: y, anchor: .end)
      if let random = row.random {
        draw(random, ResetFigure.random, "\(row.layer), random weights", x, y + 3.5, on: &drawing)
      }
      if let initial = row.initial {
        draw(
          initial, ResetFigure.initial, "\(row.layer), initial weights", x, y - 3.5, on: &drawing)
      }
    }
    return Figure(name: "reset-\(name)", drawing: drawing, caption: caption)
  }

  private func draw(
    _ mark: Mark, _ style: SeriesStyle, _ text: String, _ x: Scale, _ y: Double,
    on drawing: inout Drawing
  ) {
    if mark.low < mark.high {
      let ends = [x.position(mark.low), x.position(mark.high)]
      drawing.line(from: (ends[0], y), to: (ends[1], y), style.ink, width: 1.4)
      for end in ends {
        drawing.line(from: (end, y - 2.5), to: (end, y + 2.5), style.ink, width: 1.4)
      }
    }
    for value in mark.values {
      drawing.marker(
        SeriesStyle(style.ink, style.marker), x: x.position(value), y: y, radius: 1.7,
        opacity: 0.55, title: "\(text): \(fixed(value, decimals: 1)) %")
    }
    drawing.marker(
      style, x: x.position(mark.mean), y: y, radius: 3.4,
      title: "\(text): \(fixed(mark.mean, decimals: 1)) %")
  }

  private var summary: String {
    "As trained \(fixed(trained, decimals: 1)) %. "
      + rows.prefix(40).map { row in
        let values = [
          row.initial.map { "initial \(fixed($0.mean, decimals: 1)) %" },
          row.random.map { "random \(fixed($0.mean, decimals: 1)) %" },
        ].compactMap { $0 }
        return "\(row.layer): \(values.joined(separator: ", "))"
      }.joined(separator: "; ") + "."
  }
}
