import Basics
import Definitions
import Planning
import Results

extension AnalysisReport {
  /// Scores of transferability, and their rank correlation with the transfer that was measured.
  package static let scores = AnalysisReport(.score) { networks, source, analysis in
    let results = try networks.map { ($0, try ScoreResult(of: $0.artifact.record)) }
    let found = Dictionary(
      results.map { ($0.0.name, $0.1) }, uniquingKeysWith: { first, _ in first })
    let groups = AnalysedGroup.groups(of: networks)
    let layers = networks[0].network.layers
    let measures = TransferScore.allCases.filter { measure in
      results.contains { $0.1.rows.contains { $0.measure == measure } }
    }
    func estimate(_ group: AnalysedGroup, _ measure: TransferScore, _ layer: String?) -> String {
      group.estimate { member in
        found[member.name]?.rows.first { $0.measure == measure && $0.layer == layer }?.value
      }?.text(decimals: 4) ?? ""
    }
    let transfers = MeasuredTransfers.all(of: results, source)
    var correlations: [(measure: TransferScore, treatment: String, found: RankCorrelation)] = []
    for measure in measures {
      for one in transfers {
        guard let found = one.correlation(with: measure) else { continue }
        correlations.append((measure, one.treatment, found))
      }
    }
    var section = AnalysisSection(
      id: "scores", title: "Transferability",
      note:
        "Scores from one forward pass of the trained network over training images of the task, greater for what should transfer "
        + "better, and how they rank the transfers that were measured: Kendall's τ-b between the score after layer n and the accuracy "
        + "of the network that copies n layers from the same source (of the deepest one, for scores of a whole network). The 95 % "
        + "intervals take networks for independent, which those of one source are not.")
    section.tables = [
      AnalysisSection.Table(
        title: "Rank correlation with measured transfer",
        heading: ["measure", "treatment", "τ", "95 % interval", "networks"],
        rows: correlations.map { one in
          let interval = one.found.interval.map {
            "\(fixed($0.lowerBound, decimals: 2)) to \(fixed($0.upperBound, decimals: 2))"
          }
          return [
            one.measure.title, one.treatment, fixed(one.found.tau, decimals: 2),
            interval ?? "too few networks", "\(one.found.count)",
          ]
        }),
      AnalysisSection.Table(
        title: "Scores of activations, by layer", heading: ["network", "measure"] + layers,
        rows: groups.flatMap { group in
          measures.filter { !$0.readsScores }.map { measure in
            [group.label, measure.title] + layers.map { estimate(group, measure, $0) }
          }
        }),
      AnalysisSection.Table(
        title: "Scores of whole networks",
        heading: ["network"] + measures.filter(\.readsScores).map(\.title),
        rows: measures.contains(where: \.readsScores)
          ? groups.map { group in
            [group.label] + measures.filter(\.readsScores).map { estimate(group, $0, nil) }
          } : []),
    ]
    section.files = [
      "scores.csv": scoresTable(results),
      "rank-correlations.csv": csvText(
        [["measure", "treatment", "tau", "low", "high", "networks"]]
          + correlations.map { one in
            [
              one.measure.rawValue, one.treatment, "\(one.found.tau)",
              one.found.interval.map { "\($0.lowerBound)" } ?? "",
              one.found.interval.map { "\($0.upperBound)" } ?? "", "\(one.found.count)",
            ]
          }),
    ]
    return section
  }
}

/// The transfers of one treatment whose sources were scored on their task.
private struct MeasuredTransfers {
  var treatment: String
  /// A scored source, and the accuracy of a network that copies so many of its layers.
  var transfers: [(network: AnalysedNetwork, scores: ScoreResult, depth: Int, top1: Double)]

  /// By treatment, in the order of the runs. A network's source is known by its training run's record, and the task by its
  /// classes.
  static func all(
    of results: [(AnalysedNetwork, ScoreResult)], _ source: ReportSource
  ) -> [MeasuredTransfers] {
    var found: [MeasuredTransfers] = []
    for run in source.runs {
      guard let top1 = run.result.top1,
        let copied = run.network?.record.inputs[TrainWork.sourceRole]
      else { continue }
      let design = run.result.design
      for (network, scores) in results
      where network.network.trained == copied && network.network.classes == design.classes {
        let label = design.kind.words
        let transfer = (network: network, scores: scores, depth: design.depth, top1: top1)
        if let known = found.firstIndex(where: { $0.treatment == label }) {
          found[known].transfers.append(transfer)
        } else {
          found.append(MeasuredTransfers(treatment: label, transfers: [transfer]))
        }
      }
    }
    return found
  }

  /// `nil` if the measure was not computed, or nothing can be ranked.
  func correlation(with measure: TransferScore) -> RankCorrelation? {
    var pairs: [(Double, Double)] = []
    for transfer in transfers {
      if measure.readsScores {
        let deepest = transfers.filter { $0.network.name == transfer.network.name }.map(\.depth)
          .max()
        guard transfer.depth == deepest else { continue }
      }
      let row = transfer.scores.rows.first { row in
        row.measure == measure
          && (row.layer.map { transfer.network.depth(of: $0) == transfer.depth } ?? true)
      }
      if let value = row?.value, value.isFinite { pairs.append((value, transfer.top1)) }
    }
    return RankCorrelation(pairs)
  }
}

extension TreatmentKind {
  fileprivate var words: String {
    switch self {
    case .base: "base"
    case .frozen: "frozen"
    case .fineTuned: "fine-tuned"
    case .random: "random"
    case .preserved: "frozen and preserved"
    case .other: "other"
    }
  }
}

/// A line for each network, measure and layer.
private func scoresTable(_ results: [(AnalysedNetwork, ScoreResult)]) -> String {
  var rows = [
    [
      "stage", "network", "split", "trained_on", "treatment", "depth", "seed", "shown", "measure",
      "layer", "n", "value",
    ]
  ]
  for (network, result) in results {
    for row in result.rows {
      rows.append(
        network.columns
          + [
            row.measure.rawValue, row.layer ?? "",
            row.layer.flatMap { network.depth(of: $0) }.map { "\($0)" } ?? "", "\(row.value)",
          ])
    }
  }
  return csvText(rows)
}
