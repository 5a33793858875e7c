import Planning

/// Finds those of many settings that agree with given ones in every variable that both state.
struct AgreementIndex {
  private struct Names: Hashable {
    /// All names that some settings state.
    var all: Shared<Set<String>>
    /// Those that given settings state, or those of them that are among all.
    var stated: Shared<Set<String>>
  }

  private let settings: [Shared<RunSettings>]
  /// Positions of the settings that state the same variables.
  private var positions: [Shared<Set<String>>: [Int]] = [:]
  private var common: [Names: Shared<Set<String>>] = [:]
  /// The same by their values of those variables that given settings stated.
  private var found: [Names: [Shared<RunSettings>: [Int]]] = [:]

  init(_ settings: [Shared<RunSettings>]) {
    self.settings = settings
    for (position, own) in settings.enumerated() {
      positions[own.value.names, default: []].append(position)
    }
  }

  /// Ascending positions.
  ///
  /// - Parameter stated: settings without values that are not stated.
  mutating func positions(agreeingWith stated: Shared<RunSettings>) -> [Int] {
    var all: [Int] = []
    for (names, own) in positions {
      let asked = stated.restricted(to: common(of: names, stated.value.names))
      guard !asked.value.values.isEmpty else {
        all += own
        continue
      }
      let key = Names(all: names, stated: asked.value.names)
      if found[key] == nil {
        found[key] = Dictionary(grouping: own) { settings[$0].restricted(to: key.stated) }
      }
      all += found[key]?[asked] ?? []
    }
    return positions.count > 1 ? all.sorted() : all
  }

  private mutating func common(
    of all: Shared<Set<String>>, _ stated: Shared<Set<String>>
  ) -> Shared<Set<String>> {
    if all == stated { return stated }
    let key = Names(all: all, stated: stated)
    if let known = common[key] { return known }
    let names = Shared(all.value.intersection(stated.value))
    common[key] = names
    return names
  }
}
