import ArtifactStore
import Basics
import Definitions
import Planning

/// A finished analysis of a network, for reports.
package struct AnalysedNetwork: Sendable {
  /// The stage that analyses it.
  package var name: String
  package var kind: StageKind
  package var network: NetworkAnalysis
  package var artifact: StoredArtifact
  /// Whether all of its networks trained, as far as the report's evaluations say.
  var didTrain = true

  package init(
    name: String, kind: StageKind, network: NetworkAnalysis, artifact: StoredArtifact
  ) {
    self.name = name
    self.kind = kind
    self.network = network
    self.artifact = artifact
  }

  package var design: ReportEntry { network.design }

  /// The training runs of its networks.
  var networks: Set<Fingerprint> {
    if case .network(_, let other)? = network.other { return [network.trained, other] }
    return [network.trained]
  }

  /// The position of a layer: n of the transfer that copies up to it.
  func depth(of layer: String) -> Int? { network.layers.firstIndex(of: layer).map { $0 + 1 } }

  /// Whether it is shown images of the classes that it was trained on.
  var isOnItsOwnTask: Bool { network.classes == design.classes }

  /// What it was trained on, and is shown: `base`, `base, on the other task`, `AnB, n = 3`, `natural, on man-made`; of two
  /// networks, `base ↔ base of the other task`; of one and what it began with, `initial weights ↔ base`.
  fileprivate var label: String {
    var text = design.label
    switch network.other {
    case nil: break
    case .beginning?: text = "initial weights ↔ " + text
    case .network(let other, _)?:
      text += " ↔ \(other.label)"
      if other.isOnRandomTask, other.classes != design.classes {
        let isOfOneDivision = other.split == design.split && other.division == design.division
        text += isOfOneDivision ? " of the other task" : " of other classes"
      }
    }
    guard !isOnItsOwnTask else { return text }
    let shown = design.measuredOn ?? "other images"
    return text
      + (design.isOnRandomTask && shown.hasPrefix("\(design.split).")
        ? ", on the other task" : ", on \(shown)")
  }
}

extension ReportEntry {
  fileprivate var isOnRandomTask: Bool {
    if case .random = division { true } else { false }
  }

  fileprivate var label: String {
    var text = kind == .base ? "base" : "\(Treatment(self).label), n = \(depth)"
    if !isOnRandomTask { text += " \(target)" }
    if let examples { text += " (\(examples) a class)" }
    return text
  }
}

/// Analyses of networks that are replicates of each other.
struct AnalysedGroup {
  /// Distinguishes it from others of the report.
  var label: String
  var network: String?
  var split: String
  var members: [AnalysedNetwork]

  /// Those that count in means.
  var trained: [AnalysedNetwork] { members.filter(\.didTrain) }

  /// Its label, and how many are left out: `AnB, n = 3 (1 of 3 did not train)`.
  var title: String {
    let others = members.count - trained.count
    return others > 0 ? "\(label) (\(others) of \(members.count) did not train)" : label
  }

  /// What the first and the second side of its analyses are.
  var sides: (String, String) {
    switch members[0].network.other {
    case nil, .beginning?: return ("initial weights", "as trained")
    case .network?:
      let parts = label.split(separator: " ↔ ", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[0] != parts[1] else { return ("one network", "the other") }
      return (parts[0], parts[1])
    }
  }

  /// In the order of their first members; on their own task first.
  static func groups(of analyses: [AnalysedNetwork]) -> [AnalysedGroup] {
    var groups: [AnalysedGroup] = []
    for one in analyses {
      let (label, network, split) = (one.label, one.design.network, one.design.split)
      if let known = groups.firstIndex(where: {
        $0.label == label && $0.network == network && $0.split == split
      }) {
        groups[known].members.append(one)
      } else {
        groups.append(
          AnalysedGroup(label: label, network: network, split: split, members: [one]))
      }
    }
    let splits = Set(groups.map(\.split)), networks = Set(groups.map { $0.network ?? "" })
    for index in groups.indices {
      if networks.count > 1 { groups[index].label += " of \(groups[index].network ?? "a network")" }
      if splits.count > 1 { groups[index].label += " (\(groups[index].split))" }
    }
    return groups
  }

  /// The mean of a number over the members, with Student's interval over draws of seed and division; of a single one, without
  /// an interval; `nil` if none has the number. See `Estimate.init(ofPairs:)` for that of pairs of networks.
  /// Networks that did not train are left out.
  ///
  /// - Parameter range: what the number can be; intervals end there.
  func estimate(
    in range: ClosedRange<Double>? = nil, _ value: (AnalysedNetwork) -> Double?
  ) -> Estimate? {
    var units: [Draw: [Observation]] = [:]
    var order: [Draw] = []
    var pairs: [PairedValue<PairedDraw>] = []
    for member in trained {
      guard let number = value(member), number.isFinite else { continue }
      if case .network(let other, _)? = member.network.other {
        pairs.append(
          PairedValue(
            units: [PairedDraw(member.design), PairedDraw(other)], value: number))
        continue
      }
      let draw = Draw(member.design)
      if units[draw] == nil { order.append(draw) }
      units[draw, default: []].append(Observation(number))
    }
    let estimate = Estimate(ofPairs: pairs) ?? Estimate(ofUnits: order.compactMap { units[$0] })
    return range.map { estimate?.within($0) } ?? estimate
  }

  private struct Draw: Hashable {
    var seed: UInt64
    var division: ClassDivision

    init(_ design: ReportEntry) {
      seed = design.seed
      division = design.division
    }
  }

  /// Of a network among pairs, which may be of different treatments and tasks.
  private struct PairedDraw: Hashable {
    var draw: Draw
    var label: String
    var target: String

    init(_ design: ReportEntry) {
      draw = Draw(design)
      label = design.label
      target = design.target
    }
  }
}

extension AnalysedNetwork {
  /// The names of `columns`, and of those of its counterpart.
  static let columnNames = [
    "stage", "network", "split", "trained_on", "treatment", "depth", "seed", "shown",
  ]
  static let pairColumnNames =
    columnNames + ["other_trained_on", "other_treatment", "other_depth", "other_seed"]

  /// Its place in the design: stage, network, split, task trained on, treatment, depth, seed, and what it is shown.
  var columns: [String] {
    [name, design.network ?? "", design.split] + design.columns
      + [isOnItsOwnTask ? design.target : design.measuredOn ?? ""]
  }

  /// The same with the place of what it is analysed together with: a treatment `beginning`, or nothing.
  var pairColumns: [String] {
    switch network.other {
    case nil: columns + ["", "", "", ""]
    case .beginning?: columns + [design.target, "beginning", "", ""]
    case .network(let other, _)?: columns + other.columns
    }
  }
}

extension ReportEntry {
  fileprivate var columns: [String] {
    [target, kind == .base ? "base" : Treatment(self).label, "\(depth)", "\(seed)"]
  }
}

extension [AnalysedGroup] {
  /// The groups of networks with the same layers.
  var byLayers: [(layers: [String], groups: [AnalysedGroup])] {
    var found: [(layers: [String], groups: [AnalysedGroup])] = []
    for group in self {
      let layers = group.members[0].network.layers
      if let known = found.firstIndex(where: { $0.layers == layers }) {
        found[known].groups.append(group)
      } else {
        found.append((layers, [group]))
      }
    }
    return found
  }
}
