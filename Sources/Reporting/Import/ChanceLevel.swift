import Planning

/// Determines which runs stayed at chance level, if the results do not state it.
enum ChanceLevel {
  /// The factor by which a run at chance may exceed the level: the best of several measurements of a guessing network
  /// is better than guessing.
  private static let margin = 1.25

  /// The runs, with those at chance marked, and how they were identified.
  static func judge(_ rows: [ResultsRow]) -> (runs: [RunResult], ChanceJudgement) {
    var runs = rows.map(\.result)
    var usesClasses = false
    var open: [Scores: [Int]] = [:]
    for (index, row) in rows.enumerated() where !row.isJudged {
      guard case .measured(let measure) = row.result.outcome else { continue }
      guard let classes = row.classes else {
        open[Scores(row.result.target), default: []].append(index)
        continue
      }
      usesClasses = true
      if measure.isAtChance(classes: classes) { runs[index].outcome = .atChance(measure) }
    }
    guard !open.isEmpty else { return (runs, usesClasses ? .classes : .measured) }
    var highest: Double?
    for indices in open.values {
      let scores = indices.compactMap { runs[$0].top1 }
      guard let lowest = scores.min(), let best = scores.max(), lowest < best / 20 else { continue }
      for index in indices {
        guard case .measured(let measure) = runs[index].outcome, measure.top1 <= margin * lowest
        else { continue }
        runs[index].outcome = .atChance(measure)
        highest = max(highest ?? 0, measure.top1)
      }
    }
    return (runs, .lowestScores(upTo: highest))
  }

  /// Runs with the same chance level: those on one task, with any number of training examples.
  private struct Scores: Hashable {
    var target: Target

    init(_ target: Target) { self.target = target.withoutSeed.withoutExamples }
  }

  fileprivate static func highest(classes: Int, images: Int?) -> Double {
    let chance = 1 / Double(classes)
    guard let images else { return margin * chance }
    return chance + 3 * (chance * (1 - chance) / Double(images)).squareRoot()
  }
}

extension Measure {
  /// Whether it could be chance: at most three binomial standard deviations above one in `classes` or, if the number
  /// of images is unknown, at most a quarter above.
  fileprivate func isAtChance(classes: Int) -> Bool {
    top1 <= ChanceLevel.highest(classes: classes, images: images)
  }
}
