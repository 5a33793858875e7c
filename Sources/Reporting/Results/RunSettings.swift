import Planning

/// The settings of a run, or those in which experiments differ: variables that determine results.
struct RunSettings: Hashable, Sendable {
  let values: [String: VariableValue]
  let names: Shared<Set<String>>

  init(_ values: [String: VariableValue], names: Shared<Set<String>>? = nil) {
    self.values = values
    self.names = names ?? Shared(Set(values.keys))
  }

  static func == (first: RunSettings, second: RunSettings) -> Bool {
    first.values == second.values
  }

  func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension Shared<RunSettings> {
  /// Those of some of the names.
  func restricted(to names: Shared<Set<String>>) -> Shared<RunSettings> {
    if names == value.names { return self }
    let values = value.values.filter { names.value.contains($0.key) }
    if values.count == value.values.count { return self }
    return Shared(RunSettings(values, names: values.count == names.value.count ? names : nil))
  }

  /// Those that are stated.
  var stated: Shared<RunSettings> {
    guard value.values.values.contains(.unstated) else { return self }
    return Shared(RunSettings(value.values.filter { $0.value != .unstated }))
  }
}

/// The variables of runs that have the same, by their roles.
final class RunVariables: Sendable {
  let all: [String: RunVariable]
  /// Those that determine results.
  let settings: Shared<RunSettings>
  /// Those that distinguish replicates.
  let replicate: [String: VariableValue]

  static let none = RunVariables([:], settings: Shared(RunSettings([:])), replicate: [:])

  convenience init(_ all: [String: RunVariable]) {
    self.init(
      all, settings: all.isEmpty ? RunVariables.none.settings : Shared(RunSettings(all.settings)),
      replicate: all.contains { $0.value.role == .replicate }
        ? all.filter { $0.value.role == .replicate }.mapValues(\.content) : [:])
  }

  init(
    _ all: [String: RunVariable], settings: Shared<RunSettings>, replicate: [String: VariableValue]
  ) {
    self.all = all
    self.settings = settings
    self.replicate = replicate
  }
}
