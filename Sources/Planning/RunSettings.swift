import Basics

/// What decides a run's result beyond seeds and its place in the design: how its network was trained and is
/// measured, and how the network was that its layers come from.
///
/// Kept in sections with fingerprints, so that runs are compared without a look at what they have in common.
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

  /// The section that holds the settings of the network that layers are copied from.
  static let source = "source"

  private(set) var sections: [String: Section]
  let fingerprint: Fingerprint

  init(_ sections: [String: Section] = [:]) {
    self.sections = sections
    var hasher = MapHasher(count: sections.count)
    for name in sections.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      if let section = sections[name] { hasher.add(name, section.fingerprint) }
    }
    fingerprint = hasher.finalized()
  }

  /// The same with further sections.
  func adding(_ more: [String: Section]) -> RunSettings {
    more.isEmpty ? self : RunSettings(sections.merging(more) { $1 })
  }

  /// All of it as a section of other settings.
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
  /// What lies at the ends of a tree, by path. Seeds are left out: they tell replicates apart.
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
