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
    var correlations: [MeasuredTransfers.Correlation] = []
    for measure in measures {
      correlations += transfers.compactMap { $0.correlation(with: measure) }
    }
    var section = AnalysisSection(
      id: "scores", title: "Transferability",
      note:
        "Scores from one forward pass of the trained network over training images of the task, greater for what should transfer "
        + "better, and how they rank the transfers that were measured: Kendall's τ-b between the score after layer n and the accuracy "
        + "of the network that copies n layers from the same source; for scores of a whole network, at the deepest n that most sources have. "
        + "Networks that did not train are left out, and counted. The 95 % "
        + "intervals take networks for independent, which those of one source are not.")
    section.tables = [
      AnalysisSection.Table(
        title: "Rank correlation with measured transfer",
        heading: ["measure", "treatment", "n", "τ", "95 % interval", "networks", "did not train"],
        rows: correlations.map { one in
          let interval = one.found.interval.map {
            "\(fixed($0.lowerBound, decimals: 2)) to \(fixed($0.upperBound, decimals: 2))"
          }
          return [
            one.measure.title, one.treatment, one.depth.map { "\($0)" } ?? "all",
            fixed(one.found.tau, decimals: 2), interval ?? "too few networks",
            "\(one.found.count)", "\(one.untrained)",
          ]
        }),
      AnalysisSection.Table(
        title: "Scores of activations, by layer", heading: ["network", "measure"] + layers,
        rows: groups.flatMap { group in
          measures.filter { !$0.readsScores }.map { measure in
            [group.title, measure.title] + layers.map { estimate(group, measure, $0) }
          }
        }),
      AnalysisSection.Table(
        title: "Scores of whole networks",
        heading: ["network"] + measures.filter(\.readsScores).map(\.title),
        rows: measures.contains(where: \.readsScores)
          ? groups.map { group in
            [group.title] + measures.filter(\.readsScores).map { estimate(group, $0, nil) }
          } : []),
    ]
    section.files = [
      "scores.csv": scoresTable(results),
      "rank-correlations.csv": csvText(
        [["measure", "treatment", "n", "tau", "low", "high", "networks", "did_not_train"]]
          + correlations.map { one in
            [
              one.measure.rawValue, one.treatment, one.depth.map { "\($0)" } ?? "",
              "\(one.found.tau)",
              one.found.interval.map { "\($0.lowerBound)" } ?? "",
              one.found.interval.map { "\($0.upperBound)" } ?? "", "\(one.found.count)",
              "\(one.untrained)",
            ]
          }),
    ]
    return section
  }
}

/// The transfers of one treatment whose sources were scored on their task.
private struct MeasuredTransfers {
  var treatment: String
  /// A scored source, and the accuracy of a network that copies so many of its layers; `nil` if that did not train.
  var transfers: [(network: AnalysedNetwork, scores: ScoreResult, depth: Int, top1: Double?)]

  /// How a measure ranks the transfers.
  struct Correlation {
    var measure: TransferScore
    var treatment: String
    /// The n of all networks; `nil` if they are of several.
    var depth: Int?
    var found: RankCorrelation
    /// The networks that are left out.
    var untrained: Int
  }

  /// By treatment, in the order of the runs. A network's source is known by its training run's record, and the task by its
  /// classes.
  static func all(
    of results: [(AnalysedNetwork, ScoreResult)], _ source: ReportSource
  ) -> [MeasuredTransfers] {
    var found: [MeasuredTransfers] = []
    for run in source.runs {
      if case .missing = run.result.outcome { continue }
      guard
        let copied = run.network?.record.inputs[TrainWork.sourceRole]
      else { continue }
      let design = run.result.design
      for (network, scores) in results
      where network.network.trained == copied && network.network.classes == design.classes {
        let label = design.kind.words
        let transfer = (
          network: network, scores: scores, depth: design.depth, top1: run.result.top1
        )
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
  func correlation(with measure: TransferScore) -> Correlation? {
    let depth = measure.readsScores ? commonDepth : nil
    var pairs: [(Double, Double)] = []
    var untrained = 0
    for transfer in transfers where depth == nil || transfer.depth == depth {
      let row = transfer.scores.rows.first { row in
        row.measure == measure
          && (row.layer.map { transfer.network.depth(of: $0) == transfer.depth } ?? true)
      }
      guard let value = row?.value, value.isFinite else { continue }
      guard let top1 = transfer.top1 else {
        untrained += 1
        continue
      }
      pairs.append((value, top1))
    }
    return RankCorrelation(pairs).map {
      Correlation(
        measure: measure, treatment: treatment, depth: depth, found: $0, untrained: untrained)
    }
  }

  /// The deepest n at which most sources have a transfer, whether or not it trained: networks of several n would be ranked by n.
  private var commonDepth: Int? {
    var sources: [Int: Set<String>] = [:]
    for transfer in transfers { sources[transfer.depth, default: []].insert(transfer.network.name) }
    return sources.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }?.key
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
  var rows = [AnalysedNetwork.columnNames + ["measure", "layer", "n", "value"]]
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
