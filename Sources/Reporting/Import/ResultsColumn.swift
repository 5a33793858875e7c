import Basics
import Planning

/// The columns of a results file with a fixed meaning.
enum ResultsColumn: Int, CaseIterable {
  case run, treatment, split, source, target, depth, seed, examples, images, classes, network,
    division, divisionSeed, measuredOn, didNotTrain, rule, selected, outcome, reason

  /// Column names, in the order of the documentation.
  static let names: [(name: String, column: ResultsColumn)] = [
    ("run", .run), ("treatment", .treatment), ("split", .split), ("source", .source),
    ("target", .target), ("n", .depth), ("layers", .depth), ("seed", .seed),
    ("examples", .examples), ("images", .images), ("classes", .classes), ("network", .network),
    ("division", .division), ("division_seed", .divisionSeed), ("measured_on", .measuredOn),
    ("did_not_train", .didNotTrain), ("score", .rule), ("selected_on_itself", .selected),
    ("outcome", .outcome), ("reason", .reason),
  ]
}

/// The meaning of a column, derived from its name.
enum ColumnMeaning: Equatable {
  case known(ResultsColumn)
  /// An accuracy.
  case score
  /// Not used here: a result that is not compared, or a duration.
  case ignored
  /// A variable of the study, with its name.
  case variable(String, RunVariable.Role)

  static let scorePrefix = "top1"
  private static let ignoredNames: Set<String> = ["seconds", "comment"]
  private static let ignoredPrefixes = ["top5", "loss"]
  private static let rolePrefixes: [(prefix: String, role: RunVariable.Role)] = [
    ("variable_", .setting), ("replicate_", .replicate), ("label_", .label),
  ]
  private static let seedEnding = "_seed"

  init(_ name: String) {
    if let known = ResultsColumn.names.first(where: { $0.name == name }) {
      self = .known(known.column)
    } else if name.hasPrefix(ColumnMeaning.scorePrefix) {
      self = .score
    } else if ColumnMeaning.ignoredNames.contains(name)
      || ColumnMeaning.ignoredPrefixes.contains(where: name.hasPrefix)
    {
      self = .ignored
    } else if let (prefix, role) = ColumnMeaning.rolePrefixes.first(where: {
      name.hasPrefix($0.prefix) && name.utf8.count > $0.prefix.utf8.count
    }) {
      self = .variable(String(name.dropFirst(prefix.count)), role)
    } else {
      self = .variable(name, name.hasSuffix(ColumnMeaning.seedEnding) ? .replicate : .setting)
    }
  }

  /// The column for a variable: its own name, if that has the same meaning.
  static func column(of variable: String, _ role: RunVariable.Role) -> String {
    if ColumnMeaning(variable) == .variable(variable, role) { return variable }
    let prefix = rolePrefixes.first { $0.role == role }?.prefix ?? ""
    return prefix + variable
  }
}

/// What the name of a score column states: `top1_mean_of_best_10`.
struct ScoreName {
  /// `nil` if it states nothing.
  var rule: String?
  /// Whether the best of several measurements were selected on the measured images themselves.
  var isSelected: Bool

  init(_ column: String) {
    let rest = column.dropFirst(ColumnMeaning.scorePrefix.count)
      .split(whereSeparator: { "_- ".contains($0) })
    rule = rest.isEmpty ? nil : rest.joined(separator: " ")
    isSelected = rest.contains { ["best", "max", "maximum"].contains($0.lowercased()) }
  }
}
