import ArtifactStore
import Basics
import Definitions
import Results

/// The provenance of a report's numbers.
package struct ReportProvenance: Sendable {
  /// Fingerprints of evaluations by the names of their runs; empty for results of other tools.
  package var fingerprints: [String: Fingerprint] = [:]
  /// Software and machines, each with the number of stages; empty in the files of a report stage, whose content
  /// depends only on its inputs.
  package var circumstances: [(fact: String, values: [(text: String, stages: Int)])] = []

  /// Remarks on the images of each dataset; empty in the same case.
  package var remarks: [(dataset: String, texts: [String])] = []

  package init(_ source: ReportSource) {
    for run in source.runs {
      if let evaluation = run.evaluation {
        fingerprints[run.result.name] = evaluation.record.fingerprint
      }
    }
  }

  /// Adds versions and machines from the records of the source's stages.
  package mutating func addCircumstances(of source: ReportSource) {
    remarks = source.preparations.values.compactMap { record in
      let texts = PackedSummary(metrics: record.metrics)?.remarks ?? []
      let dataset = PreparingStage.dataset(of: record.stage) ?? record.stage
      return texts.isEmpty ? nil : (dataset, texts)
    }.sorted { ($0.dataset, $0.texts.count) < ($1.dataset, $1.texts.count) }
    var counts: [Circumstance: [String: Int]] = [:]
    var seen: Set<Fingerprint> = []
    for artifact in source.runs.flatMap({ [$0.network, $0.evaluation] }) {
      guard let record = artifact?.record, seen.insert(record.fingerprint).inserted else {
        continue
      }
      for fact in Circumstance.allCases {
        guard let value = record.circumstance(fact) else { continue }
        counts[fact, default: [:]][value.asString ?? value.json(), default: 0] += 1
      }
    }
    circumstances = Circumstance.allCases.compactMap { fact in
      counts[fact].map { values in
        (
          fact.title,
          values.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
        )
      }
    }
  }

  func write(_ analysis: Analysis, to html: inout HTML) {
    let runs = analysis.results.runs
    html.nested("dl") { html in
      func fact(_ name: String, _ text: String) {
        html.element("dt", name)
        html.element("dd", text)
      }
      fact("results", "\(analysis.results.name), \(analysis.results.origin)")
      let networks = Set(runs.compactMap(\.design.network)).sorted()
      if !networks.isEmpty { fact("networks", ReportProvenance.listed(networks)) }
      let rules = Set(runs.compactMap { $0.measure?.rule }).sorted()
      if !rules.isEmpty { fact("score", ReportProvenance.listed(rules)) }
      let images = Set(runs.compactMap { $0.measure?.images }).sorted()
      if let least = images.first, let most = images.last {
        fact(
          "images measured",
          least == most ? grouped(least) : "\(grouped(least)) to \(grouped(most))")
      }
      fact(
        "intervals",
        "95 %: Student's t over independent units (tasks of random divisions; otherwise runs, or pairs that share "
          + "no run); binomial for single runs, which covers the choice of test images only")
      fact(
        "verdict",
        "claims are tested together at a family-wise level of 5 %; marks in tables refer to single differences"
      )
      for remark in remarks {
        fact("images of \(remark.dataset)", remark.texts.joined(separator: "; "))
      }
      for circumstance in circumstances {
        let several = circumstance.values.count > 1
        fact(
          circumstance.fact,
          circumstance.values.prefix(6).map {
            several ? "\($0.text) (\(grouped($0.stages)) stages)" : $0.text
          }.joined(separator: "; "))
      }
    }
    html.element(
      "p",
      "The numbers are next to this page as CSV and JSON files, the figures as SVG files in the folder 'figures'.",
      "class=\"note\"")
  }

  private static func listed(_ names: [String]) -> String {
    names.prefix(12).joined(separator: "; ")
      + (names.count > 12 ? " and \(names.count - 12) more" : "")
  }
}

extension Circumstance {
  fileprivate var title: String {
    switch self {
    case .cambium: "Cambium"
    case .blas: "BLAS"
    case .blasCore: "BLAS kernels for"
    case .kernels: "own kernels"
    case .numerics: "numerics revision"
    case .threads: "threads"
    }
  }
}
