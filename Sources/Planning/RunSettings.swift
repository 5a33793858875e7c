import Basics

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

  /// The section with the settings of the network that layers are copied from.
  static let source = "source"

  private(set) var sections: [String: Section]
  let fingerprint: Fingerprint
  /// The names of files of weights and of datasets by the hexadecimal digests of their contents: how they are shown.
  let names: [String: String]

  init(_ sections: [String: Section] = [:], names: [String: String] = [:]) {
    self.sections = sections
    self.names = names
    var hasher = MapHasher(count: sections.count)
    for name in sections.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      if let section = sections[name] { hasher.add(name, section.fingerprint) }
    }
    fingerprint = hasher.finalized()
  }

  /// The same with additional sections.
  func adding(_ more: [String: Section]) -> RunSettings {
    more.isEmpty ? self : RunSettings(sections.merging(more) { $1 }, names: names)
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
  }
}
