import Basics
import Definitions
import Planning
import Results

extension AnalysisReport {
  /// Accuracy of classifiers on activations by layer, beside that of networks that copy as many layers.
  package static let probes = AnalysisReport(.probe) { networks, source, analysis in
    let results = try networks.map { ($0, try ProbeResult(of: $0.artifact.record)) }
    let found = Dictionary(
      results.map { ($0.0.name, $0.1) }, uniquingKeysWith: { first, _ in first })
    let groups = AnalysedGroup.groups(of: networks)
    let rows = groups.flatMap { ProbeSeries.all(of: $0, found) }
    var section = AnalysisSection(
      id: "probes", title: "Probes",
      note:
        "Classifiers fitted to the activations after each layer of a trained network, and measured on other images: what a layer "
        + "says about the classes without training another network. Decays are those that were best on held-out training images. "
        + "Means with 95 % intervals over draws of seed and split; n counts the layers below.")
    let layers = networks[0].network.layers
    section.tables = [
      AnalysisSection.Table(
        title: "Accuracy by layer, %", heading: ["network", "classifier"] + layers,
        rows: rows.map { row in
          [row.group.label, row.classifier]
            + layers.map { row.estimates[$0]?.inPercent.text(decimals: 1) ?? "" }
        })
    ]
    section.figures = ProbeFigure.all(of: rows, analysis.experiments)
    section.files = ["probes.csv": probesTable(results)]
    return section
  }
}

/// One classifier by layer, over replicates.
struct ProbeSeries {
  var group: AnalysedGroup
  var classifier: String
  /// Of fractions, by layer.
  var estimates: [String: Estimate]
  var points: [PlotSeries.Point]

  /// - Parameter results: by stage.
  static func all(of group: AnalysedGroup, _ results: [String: ProbeResult]) -> [ProbeSeries] {
    var classifiers: [String] = []
    for member in group.members {
      for row in results[member.name]?.rows ?? [] where !classifiers.contains(row.classifier) {
        classifiers.append(row.classifier)
      }
    }
    let layers = group.members[0].network.layers
    return classifiers.map { classifier in
      func accuracy(_ member: AnalysedNetwork, _ layer: String) -> Double? {
        results[member.name]?.rows.first {
          $0.layer == layer && $0.classifier == classifier
        }?.accuracy
      }
      var estimates: [String: Estimate] = [:]
      var points: [PlotSeries.Point] = []
      for (index, layer) in layers.enumerated() {
        guard var estimate = group.estimate({ accuracy($0, layer) }) else { continue }
        if estimate.count == 1 {
          estimate = Estimate(
            accuracy: estimate.mean, images: results[group.members[0].name]?.images)
        }
        estimates[layer] = estimate
        points.append(
          PlotSeries.Point(
            x: Double(index + 1),
            values: group.members.compactMap { member in
              accuracy(member, layer).map { PlotSeries.Value(member.name, 100 * $0) }
            }, estimate: estimate.inPercent))
      }
      return ProbeSeries(
        group: group, classifier: classifier, estimates: estimates, points: points)
    }
  }
}

/// Accuracy of probes against n, with the curves of networks that were trained on.
struct ProbeFigure {
  private let name: String
  private let title: String
  private let layers: [String]
  private let series: [PlotSeries]

  /// A figure for each network, split and classifier.
  static func all(of rows: [ProbeSeries], _ experiments: [Experiment]) -> [Figure] {
    struct Key: Hashable {
      var network: String?
      var split: String
      var classifier: String
    }
    var keys: [Key] = []
    for row in rows {
      let key = Key(
        network: row.group.network, split: row.group.split, classifier: row.classifier)
      if !keys.contains(key) { keys.append(key) }
    }
    return keys.compactMap { key in
      let own = rows.filter {
        $0.group.network == key.network && $0.group.split == key.split
          && $0.classifier == key.classifier
      }
      let trained = experiments.filter { $0.network == key.network && $0.split == key.split }
      let text = [key.classifier, key.network, key.split].compactMap { $0 }
      return ProbeFigure(
        name: "probes-" + Figure.fileName(text.joined(separator: "-")),
        title:
          "Accuracy of \(key.classifier) probes by layer: \(key.network ?? "network"), \(key.split)",
        own, trained
      ).figure
    }
  }

  init(name: String, title: String, _ rows: [ProbeSeries], _ experiments: [Experiment]) {
    self.name = name
    self.title = title
    layers = rows.first?.group.members[0].network.layers ?? []
    var series = rows.enumerated().map { index, row in
      PlotSeries(
        // Blue and red are those of the treatments.
        label: "probe: \(row.group.label)", style: SeriesStyle.cycle(index + 2), points: row.points)
    }
    for experiment in experiments.prefix(2) {
      for trained in experiment.series {
        let label = experiments.count > 1 ? "\(trained.label), \(experiment.title)" : trained.label
        var style = SeriesStyle(trained.treatment)
        style.dashes = "2 3"
        series.append(
          PlotSeries(label: label, style: style, points: trained.points.map { $0.plotted }))
      }
    }
    self.series = PlotSeries.dodged(series, room: 24)
  }

  var figure: Figure? {
    let values = series.extent
    guard !values.isEmpty, !layers.isEmpty else { return nil }
    let legend = Legend(series.map { Legend.Entry($0.label, .series($0.style)) })
    let top = legend.height + Axes.topMargin + 4
    let bottom = top + 230
    let y = Scale.linear(covering: values, from: bottom, to: top)
    let frame = Box(
      left: max(Axes.leftMargin(for: y), 34), top: top, right: Drawing.columnWidth - 6,
      bottom: bottom)
    let ticks = layers.enumerated().map {
      Scale.Tick(value: Double($0.offset + 1), label: "\($0.offset + 1)")
    }
    let axes = Axes(
      frame: frame,
      x: .linear(
        0.5...(Double(layers.count) + 0.5), ticksAt: ticks, from: frame.left, to: frame.right),
      y: y)
    var drawing = Drawing(
      height: bottom + Axes.bottomMargin, title: title, summary: series.meansInWords)
    legend.draw(on: &drawing, top: 2)
    axes.draw(on: &drawing, xTitle: "n, the layer", yTitle: "top-1 accuracy, %")
    for one in series { axes.draw(one, on: &drawing) { "\(fixed($0, decimals: 1)) %" } }
    return Figure(
      name: name, drawing: drawing,
      caption:
        "Solid: classifiers on the activations after layer n. Dotted: networks that copy n layers, and train the others. Layers: "
        + layers.enumerated().map { "\($0.offset + 1) \($0.element)" }.joined(separator: ", ")
        + ". Large marks are means"
        + series.flatMap(\.points).compactMap(\.estimate).intervalsInWords(over: "networks")
        + ", small marks single networks." + series.openIntervalsInWords)
  }
}

/// A line for each network, layer and classifier.
private func probesTable(_ results: [(AnalysedNetwork, ProbeResult)]) -> String {
  var rows = [
    [
      "stage", "network", "split", "trained_on", "treatment", "depth", "seed", "shown", "layer",
      "n",
      "classifier", "accuracy", "held_out_accuracy", "decay",
    ]
  ]
  for (network, result) in results {
    for row in result.rows {
      rows.append(
        network.columns
          + [
            row.layer, network.depth(of: row.layer).map { "\($0)" } ?? "", row.classifier,
            "\(row.accuracy)", row.heldOut.map { "\($0)" } ?? "", row.decay.map { "\($0)" } ?? "",
          ])
    }
  }
  return csvText(rows)
}

extension AnalysedNetwork {
  /// Its place in the design: stage, network, split, task trained on, treatment, depth, seed, and what it is shown.
  var columns: [String] {
    [
      name, design.network ?? "", design.split, design.target,
      design.kind == .base ? "base" : Treatment(design).label, "\(design.depth)",
      "\(design.seed)", isOnItsOwnTask ? design.target : design.measuredOn ?? "",
    ]
  }
}

extension StageFigures {
  /// Accuracy by layer of one network.
  package static let probe = StageFigures([.probe]) { stage throws(DiagnosticError) in
    let result = try ProbeResult(of: stage.artifact.record)
    var layers: [String] = []
    var classifiers: [String] = []
    for row in result.rows {
      if !layers.contains(row.layer) { layers.append(row.layer) }
      if !classifiers.contains(row.classifier) { classifiers.append(row.classifier) }
    }
    let series = classifiers.enumerated().map { index, classifier in
      PlotSeries(
        label: classifier, style: SeriesStyle.cycle(index),
        points: result.rows.filter { $0.classifier == classifier }.map { row in
          PlotSeries.Point(
            x: Double((layers.firstIndex(of: row.layer) ?? 0) + 1),
            values: [PlotSeries.Value(stage.name, 100 * row.accuracy)],
            estimate: Estimate(accuracy: row.accuracy, images: result.images).inPercent)
        })
    }
    let figure = ProbeFigure(
      name: "probes-" + stage.fileName, title: "Accuracy by layer: \(stage.name)", layers: layers,
      series: series)
    return [figure.figure].compactMap { $0 }
  }
}

extension ProbeFigure {
  fileprivate init(name: String, title: String, layers: [String], series: [PlotSeries]) {
    self.name = name
    self.title = title
    self.layers = layers
    self.series = PlotSeries.dodged(series, room: 24)
  }
}
