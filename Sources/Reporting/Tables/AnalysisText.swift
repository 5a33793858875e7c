import Basics

/// An analysis for a terminal: a table of accuracies and one of differences per experiment, the verdict, the tables of
/// sections, and warnings.
package struct AnalysisText {
  private let analysis: Analysis
  private let sections: [AnalysisSection]

  package init(_ analysis: Analysis, sections: [AnalysisSection] = []) {
    self.analysis = analysis
    self.sections = sections
  }

  package var text: String {
    var parts = analysis.experiments.map { ExperimentText(experiment: $0).text }
    if !analysis.byExamples.isEmpty { parts.append(examplesText) }
    parts += sections.flatMap(\.tables).filter { !$0.rows.isEmpty }.map { table in
      line(table.title) + "\n"
        + alignedColumns([table.heading] + table.rows.map { $0.map(line) }, .numbers)
    }
    if parts.isEmpty { parts.append("there are no results\n") }
    if !analysis.warnings.isEmpty {
      parts.append(
        analysis.warnings.map { wrapped(line("! \($0)"), indent: "  ") }.joined())
    }
    return parts.joined(separator: "\n")
  }

  private var examplesText: String {
    let series = analysis.byExamples
    let counts = Set(series.flatMap { $0.points.map(\.examples) }).sorted()
    let hasUnlimited = series.contains { $0.unlimited != nil }
    let heading = ["images per class"] + counts.map { "\($0)" } + (hasUnlimited ? ["all"] : [])
    let rows = series.map { series in
      [line(series.label)]
        + counts.map { count in
          series.points.first { $0.examples == count }
            .map { cellText($0.estimate, $0.runs) } ?? ""
        } + (hasUnlimited ? [series.unlimited.map { cellText($0.estimate, $0.runs) } ?? ""] : [])
    }
    return "top-1 accuracy by training images per class, %\n"
      + alignedColumns([heading] + rows, .numbers)
  }
}

/// A mean in per cent, with marks for excluded runs: ✗ did not train or diverged, ? missing.
private func cellText(_ estimate: Estimate?, _ runs: [RunResult]) -> String {
  var marks = ""
  var failed = false
  var missing = false
  for run in runs {
    switch run.outcome {
    case .measured: break
    case .atChance, .diverged: failed = true
    case .missing: missing = true
    }
  }
  if failed { marks += "✗" }
  if missing { marks += "?" }
  return (estimate.map { percent($0.mean) } ?? "") + marks
}

private struct ExperimentText {
  let experiment: Experiment

  var text: String {
    var text = line(heading) + "\n" + accuracies + notes
    let differences = differences
    if !differences.isEmpty { text += "\n" + differences }
    let boosts = boosts
    if !boosts.isEmpty { text += "\n" + boosts }
    if !experiment.verdict.sentences.isEmpty {
      text += "\n" + wrapped(line(experiment.verdict.sentences.joined(separator: " ")))
    }
    return text
  }

  /// `top-1 accuracy on B (split halves), %`: a single task by its name, several by their type.
  private var heading: String {
    var heading = "top-1 accuracy on "
    let tasks = Set(experiment.targets.map(\.task))
    if experiment.scope == .randomDivisions, tasks.count == 1, let task = tasks.first {
      heading += task + experiment.title.dropFirst("random tasks".count)
    } else {
      heading += experiment.title
    }
    return heading + ", %"
  }

  private var accuracies: String {
    let depths = experiment.depths
    var rows = [["treatment"] + (experiment.base == nil ? [] : ["n=0"]) + depths.map { "n=\($0)" }]
    if let base = experiment.base {
      rows.append(["base", cellText(base.estimate, base.runs)])
    }
    for series in experiment.series {
      rows.append(
        [line(series.label)] + (experiment.base == nil ? [] : [""])
          + depths.map { depth in
            series.points.first { $0.depth == depth }.map { cellText($0.estimate, $0.runs) } ?? ""
          })
    }
    return alignedColumns(rows, .numbers)
  }

  private var notes: String {
    let points = experiment.series.flatMap(\.points) + (experiment.base.map { [$0] } ?? [])
    let most = points.map(\.trained).max() ?? 0
    let hasFailed = points.contains { !$0.untrained.isEmpty || !$0.diverged.isEmpty }
    let hasMissing = points.contains { !$0.missing.isEmpty }
    let fewest = points.map(\.trained).min() ?? 0
    return note(taskNames)
      + note(most > 1 ? "means of \(fewest < most ? "up to " : "")\(most) runs" : nil)
      + note(hasFailed ? "✗ a run did not train or diverged, and is excluded from the mean" : nil)
      + note(hasMissing ? "? missing" : nil) + note(experiment.sourcesInWords)
  }

  private func note(_ text: String?) -> String {
    text.map { wrapped(line($0), indent: "  ") } ?? ""
  }

  /// What A and B stand for, if it is the same throughout.
  private var taskNames: String? {
    guard experiment.series.contains(where: { $0.treatment != .base }),
      case .listed(let target, let sources) = experiment.scope
    else { return nil }
    if target == "B", sources.allSatisfy({ $0 == "A" }) { return nil }
    return sources.count == 1 ? "B is \(target), A is \(sources[0])" : "B is \(target)"
  }

  private var differences: String {
    guard !experiment.contrasts.isEmpty else { return "" }
    let depths = experiment.depths
    var rows = [
      ["points, paired by target"] + depths.map { "n=\($0)" } + ["pairs"]
    ]
    var key = MarkKey()
    for contrast in experiment.contrasts {
      var row = ["\(contrast.kind.formula.padded(to: 11))  \(contrast.kind.title)"]
      var counts: [Int] = []
      for depth in depths {
        let estimate = contrast.points.first { $0.depth == depth }?.estimate
        if let estimate { counts.append(estimate.count) }
        row.append(
          cell(estimate, isClaimed: experiment.claims(contrast.kind, at: depth), &key))
      }
      let fewest = counts.min() ?? 0, most = counts.max() ?? 0
      row.append(fewest == most ? "\(most)" : "\(fewest)–\(most)")
      rows.append(row)
    }
    return alignedColumns(rows, .numbers) + key.lines.map { note($0) }.joined()
  }

  /// A difference in points with its mark, or space for one.
  private func cell(_ estimate: Estimate?, isClaimed: Bool, _ key: inout MarkKey) -> String {
    guard let estimate else { return "– " }
    let mark = DifferenceMark(estimate, isClaimed: isClaimed)
    key.add(estimate, mark)
    return points(estimate.mean) + (mark?.rawValue ?? " ")
  }

  private var boosts: String {
    var ranges: [ClosedRange<Int>] = []
    for boost in experiment.boosts where !ranges.contains(boost.depths) {
      ranges.append(boost.depths)
    }
    guard ranges.contains(where: { $0.count > 1 }) else { return "" }
    var rows = [["points, mean over n"] + ranges.map { "n=\(experiment.depths(in: $0))" }]
    var kinds: [ContrastKind] = []
    for boost in experiment.boosts where !kinds.contains(boost.kind) { kinds.append(boost.kind) }
    var key = MarkKey()
    for kind in kinds {
      let own = ranges.map { range in
        experiment.boosts.first { $0.kind == kind && $0.depths == range }
      }
      rows.append(
        ["\(kind.formula.padded(to: 11))  paired by target"]
          + own.enumerated().map { index, boost in
            cell(
              boost?.paired,
              isClaimed: index == 0 && experiment.verdict.claims(kind, at: nil), &key)
          })
      rows.append(
        ["\("".padded(to: 11))  means of all runs"]
          + own.map { ($0?.unpaired.map { points($0) } ?? "–") + " " })
    }
    return alignedColumns(rows, .numbers) + key.lines.map { note($0) }.joined()
  }
}
