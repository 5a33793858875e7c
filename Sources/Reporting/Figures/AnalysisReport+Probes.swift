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
        + "Means with 95 % intervals: Student's t, where networks with the same seed and split are one unit. n counts the layers below. "
        + "Networks that did not train are left out.")
    let layers = networks[0].network.layers
    section.tables = [
      AnalysisSection.Table(
        title: "Accuracy by layer, %", heading: ["network", "classifier"] + layers,
        rows: rows.map { row in
          [row.group.title, row.classifier]
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
        guard var estimate = group.estimate(in: 0...1, { accuracy($0, layer) }) else { continue }
        if estimate.count == 1 {
          estimate = Estimate(
            accuracy: estimate.mean, images: results[group.trained[0].name]?.images)
        }
        estimates[layer] = estimate
        points.append(
          PlotSeries.Point(
            x: Double(index + 1),
            values: group.trained.compactMap { member in
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
        label: "probe: \(row.group.title)", style: SeriesStyle.cycle(index + 2), points: row.points)
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
    LayerPlot(
      name: name, title: title, layers: layers, series: series, xTitle: "n, the layer",
      yTitle: "top-1 accuracy, %",
      text: { "\(fixed($0, decimals: 1)) %" },
      caption:
        "Solid: classifiers on the activations after layer n. Dotted: networks that copy n layers, and train the others.",
      isNumbered: true
    ).figure
  }
}

/// A line for each network, layer and classifier.
private func probesTable(_ results: [(AnalysedNetwork, ProbeResult)]) -> String {
  var rows = [
    AnalysedNetwork.columnNames
      + ["layer", "n", "classifier", "accuracy", "held_out_accuracy", "decay"]
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
