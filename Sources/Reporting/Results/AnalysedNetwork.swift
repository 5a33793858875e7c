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

  package init(
    name: String, kind: StageKind, network: NetworkAnalysis, artifact: StoredArtifact
  ) {
    self.name = name
    self.kind = kind
    self.network = network
    self.artifact = artifact
  }

  package var design: ReportEntry { network.design }

  /// The position of a layer: n of the transfer that copies up to it.
  func depth(of layer: String) -> Int? { network.layers.firstIndex(of: layer).map { $0 + 1 } }

  /// Whether it is shown images of the classes that it was trained on.
  var isOnItsOwnTask: Bool { network.classes == design.classes }

  /// What it was trained on, and is shown: `base`, `base, on the other task`, `AnB, n = 3`, `natural, on man-made`.
  fileprivate var label: String {
    var text = design.kind == .base ? "base" : "\(Treatment(design).label), n = \(design.depth)"
    let isRandom = if case .random = design.division { true } else { false }
    if !isRandom { text += " \(design.target)" }
    if let examples = design.examples { text += " (\(examples) a class)" }
    guard !isOnItsOwnTask else { return text }
    let shown = design.measuredOn ?? "other images"
    return text
      + (isRandom && shown.hasPrefix("\(design.split).") ? ", on the other task" : ", on \(shown)")
  }
}

/// Analyses of networks that are replicates of each other.
struct AnalysedGroup {
  /// Distinguishes it from others of the report.
  var label: String
  var network: String?
  var split: String
  var members: [AnalysedNetwork]

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
  /// an interval; `nil` if none has the number.
  func estimate(_ value: (AnalysedNetwork) -> Double?) -> Estimate? {
    struct Draw: Hashable {
      var seed: UInt64
      var division: ClassDivision
    }
    var units: [Draw: [Observation]] = [:]
    var order: [Draw] = []
    for member in members {
      guard let number = value(member), number.isFinite else { continue }
      let draw = Draw(seed: member.design.seed, division: member.design.division)
      if units[draw] == nil { order.append(draw) }
      units[draw, default: []].append(Observation(number))
    }
    return Estimate(ofUnits: order.compactMap { units[$0] })
  }
}
