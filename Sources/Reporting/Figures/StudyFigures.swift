import ArtifactStore
import Basics
import Definitions
import Planning
import Results

/// All figures of a study, by topic.
package struct StudyFigures: Sendable {
  /// The figures of one experiment.
  package struct Details: Sendable {
    package init() {}

    package var results: [Figure] = []
    package var training: [Figure] = []
    package var filters: [Figure] = []
    package var classes: [Figure] = []
  }

  /// Accuracies and differences are drawn for this number of experiments: nobody looks at thousands of figures, and no browser
  /// shows them.
  package static let drawnExperiments = 200
  /// Training curves, filters and classes are drawn for this number of experiments.
  package static let detailedExperiments = 8

  /// One element per experiment of the analysis, in its order.
  package private(set) var experiments: [Details]
  package private(set) var relative: [Figure]
  package private(set) var examples: [Figure]
  package private(set) var timeline: [Figure]

  /// From figures that are already drawn.
  package init(experiments: [Details]) {
    self.experiments = experiments
    (relative, examples, timeline) = ([], [], [])
  }

  /// Says that training curves, filters and classes are left out for some experiments; `nil` if all are drawn, or
  /// there are none.
  package var remark: String? {
    let left = experiments.count - StudyFigures.detailedExperiments
    let isDetailed = experiments.contains {
      !($0.training.isEmpty && $0.filters.isEmpty && $0.classes.isEmpty)
    }
    guard left > 0, isDetailed else { return nil }
    return "Drawn for the first \(StudyFigures.detailedExperiments) experiments and left out for "
      + "\(left) more: 'cambium show FILE STAGE --figures' draws those of any stage."
  }

  /// - Parameters:
  ///   - filters: reads weights; `nil` for reports without filters.
  ///   - timeline: an additional figure.
  /// - Throws: `DiagnosticError` if an artifact cannot be read; the source's refusals.
  package init(
    _ source: ReportSource, _ analysis: Analysis, filters: (any FilterReader)?,
    timeline: Figure? = nil
  ) throws {
    let artifacts = StudyArtifacts(source)
    experiments = []
    for (index, experiment) in analysis.experiments.enumerated() {
      guard index < StudyFigures.drawnExperiments else {
        experiments.append(Details())
        continue
      }
      var details = Details()
      details.results = [
        AccuracyFigure(experiment).figure, DifferenceFigure(experiment).figure,
      ].compactMap { $0 }
      if index < StudyFigures.detailedExperiments {
        let name = Figure.fileName(experiment.title)
        if let training = try artifacts.training(of: experiment, name: name) {
          details.training = [training]
        }
        if let filters, let figure = try artifacts.filters(of: experiment, name: name, filters) {
          details.filters = [figure]
        }
        details.classes = try artifacts.classes(of: experiment, name: name)
      }
      experiments.append(details)
    }
    relative = RelativeFigure.all(analysis.relative)
    examples = [ExamplesFigure(analysis.byExamples).figure].compactMap { $0 }
    self.timeline = timeline.map { [$0] } ?? []
    nameUniquely()
  }

  /// Every figure once, in the order of the page.
  package var all: [Figure] {
    experiments.flatMap(\.results) + relative + examples
      + experiments.flatMap { $0.training + $0.filters + $0.classes } + timeline
  }

  /// The titles of two experiments may produce the same file name.
  private mutating func nameUniquely() {
    var names = Figure.uniquelyNamed(all).map(\.name)[...]
    func rename(_ figures: inout [Figure]) {
      for index in figures.indices { figures[index].name = names.removeFirst() }
    }
    for index in experiments.indices { rename(&experiments[index].results) }
    rename(&relative)
    rename(&examples)
    for index in experiments.indices {
      rename(&experiments[index].training)
      rename(&experiments[index].filters)
      rename(&experiments[index].classes)
    }
    rename(&timeline)
  }
}

/// Finds the artifacts for figures of individual networks.
private struct StudyArtifacts {
  private let source: ReportSource
  private let runs: [String: ReportSource.Run]

  init(_ source: ReportSource) {
    self.source = source
    // Of the runs of other tools, of which there may be a million, there are none.
    let stored = source.runs.filter {
      $0.evaluation != nil || $0.network != nil || $0.origin != nil
    }
    runs = Dictionary(
      stored.map { ($0.result.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  // MARK: - Training runs

  func training(of experiment: Experiment, name: String) throws -> Figure? {
    let styles = SeriesStyle.distinct(experiment.series.map(\.treatment))
    var trained: [(label: String, style: SeriesStyle, artifact: StoredArtifact)] = []
    var hasPhases = false
    func collect(_ label: String, _ style: SeriesStyle, _ results: [RunResult]) {
      for result in results {
        guard let artifact = runs[result.name]?.network,
          artifact[MetricSeries.file] != nil
        else { continue }
        trained.append((label, style, artifact))
        hasPhases = hasPhases || result.design.phases != nil
      }
    }
    if let base = experiment.base { collect("base", SeriesStyle(.base), base.runs) }
    for (series, style) in zip(experiment.series, styles) {
      collect(series.label, style, series.points.flatMap(\.runs))
    }
    let shown = TrainingFigure.some(trained, atMost: TrainingFigure.limit)
    var curves: [TrainingCurve] = []
    for item in shown {
      guard let series = try source.result(MetricSeries.self, of: item.artifact) else { continue }
      curves.append(TrainingCurve(label: item.label, style: item.style, series: series))
    }
    var remark =
      shown.count < trained.count
      ? "\(shown.count) of \(grouped(trained.count)) training runs are shown, evenly chosen."
      : "\(trained.count) training run\(trained.count == 1 ? "" : "s")."
    if hasPhases { remark += " Of networks trained in phases, the last phase alone is drawn." }
    return TrainingFigure(
      name: "training-" + name, title: "Training: \(experiment.title)", curves: curves,
      remark: remark
    ).figure
  }

  // MARK: - Filters

  /// The network that layers were copied from, a network that fine-tuned them, and the change; the base alone if there is
  /// no such network, or its source is not at hand.
  func filters(
    of experiment: Experiment, name: String, _ reader: any FilterReader
  ) throws -> Figure? {
    let title = "First-layer filters: \(experiment.title)"
    if let tuned = fineTuned(in: experiment), let network = tuned.network,
      let origin = tuned.origin, let lineage = tuned.result.lineage,
      let (layer, before) = try bank(of: origin, reader),
      let (_, after) = try bank(of: network, reader)
    {
      return FilterFigure(
        name: "filters-" + name, title: title, layer: layer,
        FilterFigure.Panel(
          label: lineage.origin?.stage ?? origin.record.stage, bank: before,
          note: "which layers were copied from"),
        and: FilterFigure.Panel(
          label: lineage.trained.stage, bank: after,
          note: tuned.result.design.phases == nil ? nil : "after its last phase")
      ).figure
    }
    let bases =
      (experiment.base?.runs ?? [])
      + experiment.series.filter { $0.treatment == .base }.flatMap(\.points).flatMap(\.runs)
    guard let base = bases.first(where: { self.runs[$0.name]?.network != nil }),
      let network = runs[base.name]?.network, let (layer, bank) = try bank(of: network, reader)
    else { return nil }
    return FilterFigure(
      name: "filters-" + name, title: title, layer: layer,
      FilterFigure.Panel(label: base.lineage?.trained.stage ?? network.record.stage, bank: bank)
    ).figure
  }

  /// A trained network that fine-tuned copied layers, and its source: of the other task, of the deepest n, trained at once
  /// where there is a choice.
  private func fineTuned(in experiment: Experiment) -> ReportSource.Run? {
    let treatments = [Treatment.transferFineTuned, .selfferFineTuned]
    let series = treatments.flatMap { treatment in
      experiment.series.filter { $0.treatment == treatment }
        + experiment.series.filter { $0.treatment != treatment && $0.treatment.atOnce == treatment }
    }
    return series.lazy.flatMap { $0.points.reversed() }.flatMap(\.runs)
      .compactMap { self.runs[$0.name] }.first { $0.network != nil && $0.origin != nil }
  }

  private func bank(
    of network: StoredArtifact, _ reader: any FilterReader
  ) throws -> (layer: String, bank: FilterBank)? {
    let report = try source.result(LoadReport.self, of: network)
    let found = try source.using(.weights, of: network) { path throws(DiagnosticError) in
      try source.verify(.weights, of: network, at: path)
      return try FilterBank.first(of: network, report, reader)
    }
    return found ?? nil
  }

  // MARK: - Classes

  /// The confusion of the base and of the deepest frozen transfer on one target, and the accuracy on its classes.
  func classes(of experiment: Experiment, name: String) throws -> [Figure] {
    var chosen: [(label: String, style: SeriesStyle, run: RunResult, among: [RunResult])] = []
    let measured = { (run: RunResult) in self.runs[run.name]?.evaluation != nil }
    let base = experiment.base?.runs.first(where: measured)
    if let base { chosen.append(("base", SeriesStyle(.base), base, experiment.base?.runs ?? [])) }
    let styles = SeriesStyle.distinct(experiment.series.map(\.treatment))
    for (series, style) in zip(experiment.series, styles) {
      let deepest = series.points.reversed().lazy.flatMap(\.runs).first { run in
        measured(run) && (base.map { $0.target.withoutSeed == run.target.withoutSeed } ?? true)
      }
      guard let deepest, chosen.count < 5 else { continue }
      let label =
        series.treatment == .base
        ? series.label
        : series.label.replacing("n", with: "\(deepest.design.depth)", maxReplacements: 1)
      let replicates = series.points.first { $0.depth == deepest.design.depth }?.runs ?? []
      chosen.append((label, style, deepest, replicates))
    }
    var networks: [ClassFigure.Network] = []
    var origins: [String] = []
    for item in chosen {
      guard let artifact = runs[item.run.name]?.evaluation,
        let details = try source.result(EvaluationDetails.self, of: artifact)
      else { continue }
      networks.append(
        ClassFigure.Network(label: item.label, style: item.style, results: details.classes))
      let count = item.among.count(where: measured)
      origins.append(
        "stage \(item.run.name), "
          + (count > 1 ? "one of \(grouped(count)) networks" : "the only network"))
    }
    guard !networks.isEmpty else { return [] }
    let conditions = experiment.conditions.isEmpty ? "" : ", \(experiment.conditions.text)"
    let target = chosen[0].run.target.heading + conditions
    var figures: [Figure] = []
    // The base, and frozen transfer, which differs most from it.
    let transfer = networks.indices.dropFirst().first {
      networks[$0].style == SeriesStyle(.transfer)
    }
    for index in [0] + (transfer.map { [$0] } ?? []) {
      figures +=
        ConfusionFigure(
          name: "\(name)-\(Figure.fileName(networks[index].label))",
          title: "Confusion of \(networks[index].label) on \(target)", networks[index].results,
          remark: "A single network: \(origins[index])."
        ).figures
    }
    let words = zip(networks, origins).map { "\($0.label) (\($1))" }
    if let accuracy = ClassFigure(
      name: name, title: "Accuracy on each class of \(target)", networks: networks,
      remark: "Single networks: \(words.joined(separator: "; "))."
    ).figure {
      figures.append(accuracy)
    }
    return figures
  }
}

extension FilterBank {
  /// The filters of a trained network's first convolution, and the name of its layer; `nil` if the network begins
  /// with a different layer.
  static func first(
    of network: StoredArtifact, _ report: LoadReport?, _ reader: any FilterReader
  ) throws(DiagnosticError) -> (layer: String, bank: FilterBank)? {
    guard let weights = network[.weights], let parameter = report?.parameters.first,
      parameter.shape.count == 4
    else { return nil }
    let shape = parameter.shape
    let values = try reader.filters(parameter.name, shape: shape, in: weights)
    return FilterBank(
      count: shape[0], channels: shape[1], height: shape[2], width: shape[3], values: values
    ).map { (parameter.layer, $0) }
  }
}
