import Basics
import Definitions
import Planning

/// All runs, one per line, in a collapsed section.
struct RunsTable {
  private let runs: [RunResult]
  /// Fingerprints of evaluations, by the names of the runs.
  private let fingerprints: [String: Fingerprint]

  init(_ runs: [RunResult], fingerprints: [String: Fingerprint]) {
    self.runs = runs
    self.fingerprints = fingerprints
  }

  /// Larger tables make the page too slow for browsers.
  static let most = 12_000

  func write(to html: inout HTML) {
    guard !runs.isEmpty else {
      html.element("p", "None.")
      return
    }
    let hasFingerprints = !fingerprints.isEmpty
    let variables = RunTable(runs).variables.map { (name: $0.name, text: SettingText($0.name)) }
    let shown = runs.prefix(RunsTable.most)
    var latest: (variables: RunVariables, cells: [String])?
    html.raw(
      shown.count == runs.count
        ? "<details><summary>\(runs.count == 1 ? "The only run" : "All \(grouped(runs.count)) runs")</summary>\n"
        : "<details><summary>The first \(grouped(shown.count)) of \(grouped(runs.count)) runs; runs.csv has all"
          + "</summary>\n")
    html.table(
      "All runs",
      heading: ["run", "treatment", "n", "target", "from", "seed"]
        + variables.map { escapedMarkup($0.text.heading) }
        + ["top-1, %", "outcome"] + (hasFingerprints ? ["fingerprint"] : []),
      rows: shown.map { run in
        let measure = run.measure
        let design = run.design
        if latest?.variables !== run.place.variables {
          let own = run.place.variables.all
          latest = (
            run.place.variables,
            variables.map { variable in
              own[variable.name].map { escapedMarkup(variable.text.text($0.content)) } ?? ""
            }
          )
        }
        return [
          escapedMarkup(run.name),
          design.kind == .base ? "base" : escapedMarkup(Treatment(design).label),
          design.depth == 0 ? "" : "\(design.depth)", escapedMarkup(design.target),
          escapedMarkup(design.source ?? ""), "\(design.seed)",
        ]
          + (latest?.cells ?? [])
          + [
            measure.map { fixed(100 * $0.top1, decimals: 2) } ?? "", RunsTable.words(run.outcome),
          ]
          + (hasFingerprints
            ? [fingerprints[run.name].map { "<code>\($0.hexadecimal.prefix(12))</code>" } ?? ""]
            : [])
      }, isPlain: true)
    html.raw("</details>\n")
  }

  private static func words(_ outcome: RunOutcome) -> String {
    switch outcome {
    case .measured: ""
    case .atChance: "did not train"
    case .diverged(let reason): "diverged: \(escapedMarkup(reason))"
    case .missing(let reason): "missing: \(escapedMarkup(reason))"
    }
  }
}
