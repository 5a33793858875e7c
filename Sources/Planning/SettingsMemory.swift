import Basics

/// Settings as values, and the fingerprints of those, each made once: many stages share them.
struct SettingsMemory<Settings: Hashable> {
  struct Entry {
    var value: Value
    var fingerprint: Fingerprint
  }

  private var known: [Settings: Entry] = [:]

  /// - Parameter value: what the settings are as a value; asked for at their first appearance.
  mutating func entry(_ settings: Settings, _ value: (Settings) -> Value) -> Entry {
    if let entry = known[settings] { return entry }
    let value = value(settings)
    let entry = Entry(value: value, fingerprint: value.fingerprint)
    known[settings] = entry
    return entry
  }
}
