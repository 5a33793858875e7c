import Basics

/// The numbers of an experiment as tables: accuracy by treatment and n, paired differences, boosts.
struct ExperimentTables {
  private let experiment: Experiment

  init(_ experiment: Experiment) { self.experiment = experiment }

  func write(to html: inout HTML) {
    writeAccuracies(&html)
    writeContrasts(&html)
    writeBoosts(&html)
  }

  private func writeAccuracies(_ html: inout HTML) {
    let depths = experiment.depths
    let base = experiment.base
    html.element("h3", "Top-1 accuracy, %")
    var rows: [[String]] = []
    if let base {
      rows.append(["base", ExperimentTables.cell(base)] + depths.map { _ in "" })
    }
    for series in experiment.series {
      rows.append(
        [escapedMarkup(series.label)] + (base == nil ? [] : [""])
          + depths.map { depth in
            series.points.first { $0.depth == depth }.map(ExperimentTables.cell) ?? ""
          })
    }
    html.table(
      "Top-1 accuracy by treatment and n",
      heading: ["treatment"] + (base == nil ? [] : ["n = 0"])
        + depths.map { "n = \($0)" }, rows: rows)
    html.element(
      "p", "Means over runs, with 95 % intervals where available.\(methods)",
      "class=\"note\"")
    if let sources = experiment.sourcesInWords {
      html.element("p", ReportPage.capitalised(sources) + ".", "class=\"note\"")
    }
  }

  /// The methods of the intervals of the means.
  private var methods: String {
    let methods = Set(experiment.allPoints.compactMap(\.estimate).map(\.method))
    return
      (methods.contains(.student)
      ? " Over several runs, they are Student's t over independent units." : "")
      + (methods.contains(.binomial)
        ? " For a single run, they are binomial: the choice of test images, not the variation between training runs."
        : "")
  }

  /// A mean with interval and counts.
  static func cell(_ point: Point) -> String {
    let failures = [
      (point.untrained.count, "did not train"), (point.diverged.count, "diverged"),
      (point.missing.count, "missing"),
    ].filter { $0.0 > 0 }.map { "<small>\(grouped($0.0)) \($0.1)</small>" }.joined()
    guard let estimate = point.estimate else { return "–" + failures }
    return text(estimate, in: { fixed(100 * $0, decimals: 1) })
      + "<small>\(grouped(estimate.count)) run\(estimate.count == 1 ? "" : "s")</small>" + failures
  }

  private static func text(
    _ estimate: Estimate, mark: String = "", in text: (Double) -> String
  ) -> String {
    let mean = text(estimate.mean) + mark
    return estimate.hasInterval
      ? "\(mean)<small>[\(text(estimate.low)), \(text(estimate.high))]</small>" : mean
  }

  /// A difference with its interval and mark; bold if it is based on several units.
  private static func marked(
    _ estimate: Estimate, isClaimed: Bool, _ key: inout MarkKey
  ) -> String {
    let mark = DifferenceMark(estimate, isClaimed: isClaimed)
    key.add(estimate, mark)
    let decimals = { (difference: Double) in points(difference, decimals: 2) }
    guard let mark else { return text(estimate, in: decimals) }
    let marked = text(estimate, mark: mark.rawValue, in: decimals)
    return mark == .sampling ? marked : "<span class=\"clear\">\(marked)</span>"
  }

  private func writeContrasts(_ html: inout HTML) {
    guard !experiment.contrasts.isEmpty else { return }
    let depths = experiment.depths
    html.element("h3", "Differences, paired by target, in points")
    var key = MarkKey()
    let hasUnpaired = experiment.contrasts.contains { contrast in
      contrast.points.contains { !$0.missingMinuend.isEmpty || !$0.missingSubtrahend.isEmpty }
    }
    let rows = experiment.contrasts.map { contrast in
      [
        "\(escapedMarkup(contrast.kind.title))<small>\(escapedMarkup(contrast.kind.formula))</small>"
      ]
        + depths.map { depth in
          guard let point = contrast.points.first(where: { $0.depth == depth }) else { return "" }
          let unpaired = point.missingMinuend.count + point.missingSubtrahend.count
          let lacking = unpaired > 0 ? "<small>\(grouped(unpaired)) unpaired</small>" : ""
          guard let estimate = point.estimate else { return "–" + lacking }
          let text = ExperimentTables.marked(
            estimate, isClaimed: experiment.claims(contrast.kind, at: depth), &key)
          let count =
            "<small>\(grouped(estimate.count)) pair\(estimate.count == 1 ? "" : "s")</small>"
          return text + count + lacking
        }
    }
    html.table(
      "Paired differences by n", heading: ["difference"] + depths.map { "n = \($0)" }, rows: rows)
    html.element(
      "p",
      "Means over pairs of runs on the same target, with 95 % intervals where available."
        + (hasUnpaired
          ? " Targets that only one of the two treatments was measured on are unpaired and excluded."
          : ""),
      "class=\"note\"")
    for line in key.lines { html.element("p", line + ".", "class=\"note\"") }
  }

  private func writeBoosts(_ html: inout HTML) {
    var ranges: [ClosedRange<Int>] = []
    for boost in experiment.boosts where !ranges.contains(boost.depths) {
      ranges.append(boost.depths)
    }
    guard ranges.contains(where: { $0.count > 1 }) else { return }
    var kinds: [ContrastKind] = []
    for boost in experiment.boosts where !kinds.contains(boost.kind) { kinds.append(boost.kind) }
    html.element("h3", "Boost of fine-tuning, mean over n, in points")
    var rows: [[String]] = []
    var key = MarkKey()
    for kind in kinds {
      let own = ranges.map { range in
        experiment.boosts.first { $0.kind == kind && $0.depths == range }
      }
      rows.append(
        ["\(escapedMarkup(kind.formula))<small>paired by target</small>"]
          + own.enumerated().map { index, boost in
            boost?.paired.map { estimate in
              ExperimentTables.marked(
                estimate, isClaimed: index == 0 && experiment.verdict.claims(kind, at: nil), &key)
            } ?? "–"
          })
      rows.append(
        ["<small>means of all runs, whatever their targets</small>"]
          + own.map { boost in boost?.unpaired.map { points($0, decimals: 2) } ?? "–" })
    }
    html.table(
      "Boost of fine-tuning",
      heading: ["difference"]
        + ranges.map { "n = \(experiment.depths(in: $0))" },
      rows: rows)
    for line in key.lines { html.element("p", line + ".", "class=\"note\"") }
  }
}

/// Accuracy by the number of training images per class.
struct ExamplesTable {
  private let series: [ExampleSeries]

  init(_ series: [ExampleSeries]) { self.series = series }

  func write(to html: inout HTML) {
    let counts = Set(series.flatMap { $0.points.map(\.examples) }).sorted()
    let hasUnlimited = series.contains { $0.unlimited != nil }
    let rows = series.map { series in
      [escapedMarkup(series.label)]
        + counts.map { count in
          series.points.first { $0.examples == count }.map {
            ExperimentTables.cell(Point(depth: 0, runs: $0.runs, estimate: $0.estimate))
          } ?? ""
        }
        + (hasUnlimited
          ? [
            series.unlimited.map {
              ExperimentTables.cell(Point(depth: 0, runs: $0.runs, estimate: $0.estimate))
            } ?? ""
          ] : [])
    }
    html.table(
      "Top-1 accuracy by images per class",
      heading: ["images per class"] + counts.map { grouped($0) }
        + (hasUnlimited ? ["all"] : []),
      rows: rows)
  }
}
