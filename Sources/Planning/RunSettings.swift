import Basics
import Definitions

/// The settings that determine a run's result, beyond seeds and its place in the design: how its network was trained
/// and is measured, and the same for the source of its layers.
///
/// Divided into sections with fingerprints, so that runs are compared without looking at what they share.
package struct RunSettings: Sendable {
  struct Section: Sendable {
    var value: Value
    var fingerprint: Fingerprint

    init(_ value: Value, _ fingerprint: Fingerprint? = nil) {
      self.value = value
      self.fingerprint = fingerprint ?? value.fingerprint
    }

    init(_ entry: SettingsMemory.Entry) { self.init(entry.value, entry.fingerprint) }
  }

  /// The section with the settings of the network that layers are copied from, before any phases.
  static let source = "source"
  /// The section with those of the phases before the last, in order.
  static let phases = "phases"

  private(set) var sections: [String: Section]
  package let fingerprint: Fingerprint
  /// The names of files of weights, of datasets and of solvers by the hexadecimal digests of their contents: how they
  /// are shown.
  package let names: [String: String]

  init(_ sections: [String: Section] = [:], names: [String: String] = [:]) {
    self.sections = sections
    self.names = names
    var hasher = MapHasher(count: sections.count)
    for name in sections.keys.sorted(by: { $0.precedesInUTF8($1) }) {
      if let section = sections[name] { hasher.add(name, section.fingerprint) }
    }
    fingerprint = hasher.finalized()
  }

  /// The same with additional sections.
  func adding(_ more: [String: Section]) -> RunSettings {
    more.isEmpty ? self : RunSettings(sections.merging(more) { $1 }, names: names)
  }

  /// The sections of a phase that this one precedes: where layers come from, which is the same, and all phases so far.
  var earlierPhases: [String: Section] {
    var before = sections
    let earlier = before.removeValue(forKey: RunSettings.phases)?.value.asList ?? []
    var kept: [String: Section] = [:]
    for name in [RunSettings.source, "weights"] { kept[name] = before.removeValue(forKey: name) }
    // What all phases of a transfer share.
    for name in ["network", "dataset", "preprocessing", "classes", "tasks"] { before[name] = nil }
    kept[RunSettings.phases] = Section(.list(earlier + [.map(before.mapValues(\.value))]))
    return kept
  }

  /// All of it as one section of other settings.
  var section: Section { Section(.map(sections.mapValues(\.value)), fingerprint) }

  /// Every setting of some sections by its path: `solver.rate.start`, `network.layers.conv1.operations.0.…`.
  func leaves(of names: Set<String>) -> [String: Value] {
    var leaves: [String: Value] = [:]
    for name in names {
      if let section = sections[name] { section.value.collectLeaves(name, into: &leaves) }
    }
    return leaves
  }

  /// Every setting by its path.
  package var leaves: [String: Value] { leaves(of: Set(sections.keys)) }
}

extension Value {
  /// Every setting in a section of settings by its path; see `RunSettings.leaves`.
  package func settingLeaves(of section: String) -> [String: Value] {
    var leaves: [String: Value] = [:]
    collectLeaves(section, into: &leaves)
    return leaves
  }
}

extension Value {
  /// The leaves of a tree, by path. Seeds are left out, since they distinguish replicates.
  fileprivate func collectLeaves(_ path: String, into leaves: inout [String: Value]) {
    switch self {
    case .map(let entries) where !entries.isEmpty:
      for (key, value) in entries where key != "seed" {
        value.collectLeaves("\(path).\(key)", into: &leaves)
      }
    case .list(let elements) where elements.contains { $0.asMap != nil }:
      for (index, element) in elements.enumerated() {
        let name = element["name"]?.asString ?? element["layer"]?.asString
        element.collectLeaves("\(path).\(name ?? "\(index)")", into: &leaves)
      }
    default:
      leaves[path] = self
    }
    if SettingPath.isSolver(path), self["length"] != nil {
      for (name, value) in SettingPath.solverDefaults where self[name] == nil {
        leaves["\(path).\(name)"] = value
      }
    }
  }
}
