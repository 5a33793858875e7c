import Basics
import Definitions

/// Collects the settings that the work of a stage declares: as a value for records and display, and as part of the
/// fingerprint, so that the two cannot contradict each other.
package struct StageSettings {
  struct Entry: Sendable {
    var key: String
    var value: Value
    /// Set if the setting enters by a fingerprint of its own.
    var fingerprint: Fingerprint?
  }

  private(set) var entries: [Entry] = []
  private let memory: SettingsMemory

  init(_ memory: SettingsMemory) {
    self.memory = memory
    entries.reserveCapacity(8)
  }

  /// Adds a setting; `nil` is left out, and therefore not part of the fingerprint.
  package mutating func add(_ key: String, _ value: Value?) {
    if let value { entries.append(Entry(key: key, value: value)) }
  }

  /// Adds a setting shared by many stages: it enters by a fingerprint of its own, so that it is hashed once for all
  /// of them.
  package mutating func share<Setting: Hashable & ValueConvertible>(
    _ key: String, _ setting: Setting
  ) {
    let known = memory.entry(setting)
    entries.append(Entry(key: key, value: known.value, fingerprint: known.fingerprint))
  }

  /// Declared settings as a value.
  static func value(of entries: [Entry]) -> Value {
    .map(Dictionary(uniqueKeysWithValues: entries.map { ($0.key, $0.value) }))
  }

  var fingerprint: Fingerprint {
    var hasher = MapHasher(count: entries.count)
    // Positions are sorted, since they are smaller than entries.
    let order = entries.indices.sorted { entries[$0].key.precedesInUTF8(entries[$1].key) }
    for index in order {
      if let fingerprint = entries[index].fingerprint {
        hasher.add(entries[index].key, fingerprint)
      } else {
        hasher.add(entries[index].key, entries[index].value)
      }
    }
    return hasher.finalized()
  }
}

/// Settings as values, and their fingerprints, each computed once for all stages that share them.
package final class SettingsMemory {
  struct Entry {
    var value: Value
    var fingerprint: Fingerprint
  }

  private final class Shelf<Setting: Hashable> {
    var known: [Setting: Entry] = [:]
  }

  /// By type of setting.
  private var shelves: [ObjectIdentifier: AnyObject] = [:]

  package init() {}

  func entry<Setting: Hashable & ValueConvertible>(_ setting: Setting) -> Entry {
    let shelf: Shelf<Setting>
    if let known = shelves[ObjectIdentifier(Setting.self)] as? Shelf<Setting> {
      shelf = known
    } else {
      shelf = Shelf()
      shelves[ObjectIdentifier(Setting.self)] = shelf
    }
    if let entry = shelf.known[setting] { return entry }
    let value = setting.value
    let entry = Entry(value: value, fingerprint: value.fingerprint)
    shelf.known[setting] = entry
    return entry
  }
}

// MARK: - Large settings

/// A task's classes as a setting. Hashing uses only a few names; comparison uses the entire list, which is fast if
/// both are the same in memory.
struct ClassesSetting: Hashable, ValueConvertible {
  var names: [String]

  init(_ names: [String]) { self.names = names }

  func hash(into hasher: inout Hasher) {
    hasher.combine(names.count)
    hasher.combine(names.first)
    hasher.combine(names.isEmpty ? nil : names[names.count / 2])
    hasher.combine(names.last)
  }

  var value: Value { .list(names.map(Value.string)) }
}

/// A network as a setting. Hashing uses its outline; comparison uses all of it.
struct NetworkSetting: Hashable, ValueConvertible {
  var network: NetworkDefinition

  init(_ network: NetworkDefinition) { self.network = network }

  func hash(into hasher: inout Hasher) {
    hasher.combine(network.input)
    hasher.combine(network.layers.count)
    hasher.combine(network.layers.last?.name)
  }

  var value: Value { network.value }
}

/// The treatments of a network's layers as a setting. Hashing uses the verbs; comparison uses all of it.
struct TreatmentsSetting: Hashable, ValueConvertible {
  var treatments: [LayerTreatment]

  init(_ treatments: [LayerTreatment]) { self.treatments = treatments }

  func hash(into hasher: inout Hasher) {
    for treatment in treatments { hasher.combine(treatment.verb) }
  }

  var value: Value { .list(treatments.map(\.value)) }
}
