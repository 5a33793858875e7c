import Basics
import Definitions

extension ScoreRule {
  /// The score on a subset, from the measurements made during training; `nil` for the final accuracy, which is not
  /// among them.
  ///
  /// Ties go to the earlier measurement.
  ///
  /// - Throws: `DiagnosticError` if there are fewer measurements than the rule needs.
  package func score(on subset: Portion, from measurements: [Measurement]) throws -> Double? {
    func measured(_ subset: Portion, atLeast count: Int) throws -> [Measurement] {
      let found = measurements.filter { $0.subset == subset }
      guard found.count >= count else {
        throw DiagnosticError(
          "the score '\(self)' needs \(count) measurements on \(subset.rawValue) images, but the "
            + "training made \(found.count)",
          notes: [.init("'every' under its 'validate' sets how often it measures")])
      }
      return found.sorted { $0.iteration < $1.iteration }
    }
    switch self {
    case .final:
      return nil
    case .meanOfLast(let count):
      let last = try measured(subset, atLeast: count).suffix(count)
      return last.reduce(0) { $0 + $1.top1 } / Double(count)
    case .best(let count, let selecting):
      let best = try measured(selecting, atLeast: count)
        .sorted { ($1.top1, $0.iteration) < ($0.top1, $1.iteration) }.prefix(count)
      let chosen = Set(best.map(\.iteration))
      let scored = try measured(subset, atLeast: count).filter { chosen.contains($0.iteration) }
      return scored.reduce(0) { $0 + $1.top1 } / Double(scored.count)
    }
  }

  /// The subset on which measurements are selected; `nil` if none are.
  package var selectingSubset: Portion? {
    if case .best(_, let portion) = self { portion } else { nil }
  }
}
