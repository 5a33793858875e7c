import Planning

/// The differences between the scopes of a report, beyond tasks and examples, for titles and labels.
struct ScopeDistinctions {
  private let hasManyNetworks: Bool
  private let hasManyScores: Bool
  /// The words for the settings that runs state.
  private let words: [String: SettingText]

  init(_ runs: [RunResult]) {
    var networks: Set<String?> = []
    var scores: Set<String> = []
    for run in runs {
      networks.insert(run.design.network)
      if let score = run.design.score { scores.insert(score) }
    }
    var seen: Set<Shared<Set<String>>> = []
    var names: Set<String> = []
    for run in runs where seen.insert(run.settings.value.names).inserted {
      names.formUnion(run.settings.value.names.value)
    }
    words = Dictionary(uniqueKeysWithValues: names.map { ($0, SettingText($0)) })
    hasManyNetworks = networks.count > 1
    hasManyScores = scores.count > 1
  }

  /// The end of a title: `, measured on B, five-conv, lr 0.02`.
  func text(_ scope: ReportEntry.Scope, _ conditions: [String: VariableValue]) -> String {
    var text = ""
    if let measuredOn = scope.measuredOn { text += ", measured on \(measuredOn)" }
    if hasManyNetworks { text += ", \(scope.network ?? "unknown network")" }
    if hasManyScores, let score = scope.score { text += ", score: \(score)" }
    if !conditions.isEmpty { text += ", \(phrases(conditions))" }
    return text
  }

  /// As `text` of conditions; there may be tens of thousands.
  private func phrases(_ conditions: [String: VariableValue]) -> String {
    conditions.sorted { $0.key < $1.key }.map { name, value in
      (words[name] ?? SettingText(name)).phrase(value)
    }.joined(separator: ", ")
  }
}
