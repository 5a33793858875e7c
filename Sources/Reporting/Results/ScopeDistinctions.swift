import Planning

/// The differences between the scopes of a report, beyond tasks and examples, for titles and labels.
struct ScopeDistinctions {
  private let hasManyNetworks: Bool
  private let hasManyScores: Bool

  init(_ runs: [RunResult]) {
    var networks: Set<String?> = []
    var scores: Set<String> = []
    for run in runs {
      networks.insert(run.design.network)
      if let score = run.design.score { scores.insert(score) }
    }
    hasManyNetworks = networks.count > 1
    hasManyScores = scores.count > 1
  }

  /// The end of a title: `, measured on B, five-conv, lr 0.02`.
  func text(_ scope: ReportEntry.Scope, _ conditions: [String: VariableValue]) -> String {
    var text = ""
    if let measuredOn = scope.measuredOn { text += ", measured on \(measuredOn)" }
    if hasManyNetworks { text += ", \(scope.network ?? "unknown network")" }
    if hasManyScores, let score = scope.score { text += ", score: \(score)" }
    if !conditions.isEmpty { text += ", \(conditions.text)" }
    return text
  }
}
