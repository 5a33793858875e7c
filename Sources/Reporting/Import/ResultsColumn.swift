import Basics

/// The columns that a file of results may have.
enum ResultsColumn: Hashable {
  case run, network, split, division, divisionSeed, target, source, treatment, depth, seed,
    examples, measuredOn, images, classes, rule, selected, outcome, reason, didNotTrain
  /// An accuracy; and the column's name.
  case score(String)
  /// Known, and of no use here.
  case ignored

  /// How columns are called, in the order of the documentation.
  private static let names: [(name: String, column: ResultsColumn)] = [
    ("run", .run), ("treatment", .treatment), ("split", .split), ("source", .source),
    ("target", .target), ("n", .depth), ("layers", .depth), ("seed", .seed),
    ("examples", .examples), ("images", .images), ("classes", .classes), ("network", .network),
    ("division", .division), ("division_seed", .divisionSeed), ("measured_on", .measuredOn),
    ("did_not_train", .didNotTrain), ("score", .rule), ("selected_on_itself", .selected),
    ("outcome", .outcome), ("reason", .reason), ("iterations", .ignored), ("epochs", .ignored),
    ("seconds", .ignored), ("comment", .ignored),
  ]

  static let scorePrefix = "top1"
  private static let ignoredPrefixes = ["top5", "loss"]

  /// `nil` for a name that is not known.
  init?(_ name: String) {
    if name.hasPrefix(ResultsColumn.scorePrefix) {
      self = .score(name)
    } else if let known = ResultsColumn.names.first(where: { $0.name == name }) {
      self = known.column
    } else if ResultsColumn.ignoredPrefixes.contains(where: name.hasPrefix) {
      self = .ignored
    } else {
      return nil
    }
  }

  /// What an unknown name may have been meant to be, and what there is.
  static func notes(on name: String) -> [Diagnostic.Note] {
    let nearest = nearestName(to: name, among: names.map(\.name) + [scorePrefix])
      .map { [Diagnostic.Note("did you mean '\($0)'?")] }
    let known = names.filter { $0.column != .ignored }.map(\.name).joined(separator: ", ")
    return (nearest ?? []) + [
      Diagnostic.Note("columns are \(known), and accuracies whose name begins with 'top1'"),
      Diagnostic.Note(
        "iterations, epochs, seconds, comment and what begins with 'top5' or 'loss' are passed over"
      ),
    ]
  }
}

/// What the name of a score's column tells: `top1_mean_of_best_10`.
struct ScoreName {
  var rule: String
  /// Whether the best of several measurements were chosen by what they measure.
  var isSelected: Bool

  init(_ column: String) {
    let rest = column.dropFirst(ResultsColumn.scorePrefix.count)
      .split(whereSeparator: { "_- ".contains($0) })
    rule = rest.isEmpty ? "not stated" : rest.joined(separator: " ")
    isSelected = rest.contains { ["best", "max", "maximum"].contains($0.lowercased()) }
  }
}
