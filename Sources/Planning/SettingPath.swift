import Basics
import Definitions

/// Paths of settings in records, as they are found in a pipeline file.
enum SettingPath {
  /// Whether a path leads to all settings of a solver: the run's own, that of a source, that of a phase.
  static func isSolver(_ path: String) -> Bool {
    path == SettingKey.solver || path.hasSuffix(".\(SettingKey.solver)")
  }

  /// The values of a solver's settings that records leave out, and that a reader wants to see beside others.
  static let solverDefaults: [String: Value] = [
    "rule": .string(UpdateRule.momentum(0).name), "precision": .string(Precision.single.rawValue),
  ]

  /// What a setting is that a record does not have; `nil` for nothing.
  static func defaultValue(_ path: String) -> Value? {
    guard let dot = path.lastIndex(of: "."), isSolver(String(path[..<dot])) else { return nil }
    return solverDefaults[String(path[path.index(after: dot)...])]
  }

  /// `solver.length.epochs` is `solver.epochs` in the file, `network.layers.conv1.operations.0.conv.filters` is
  /// `network.layers.conv1.conv.filters`, and `preprocessing.mirror` is `dataset.augment.mirror`. What is not known stays as
  /// it is.
  static func inFile(_ path: String) -> String {
    var parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch parts[0] {
    case "solver" where parts.count > 2 && parts[1] == "length": parts.remove(at: 1)
    case "solver" where parts == ["solver", "rate", "start"]: parts.removeLast()
    case "solver" where parts.count > 3 && Array(parts[1...2]) == ["rate", "policy"]:
      parts.remove(at: 2)
    case "network":
      // A layer is a list of operations; the first is the one that is meant most often. Paths of a block are lists, too.
      var shown: [String] = []
      for (part, next) in zip(parts, parts.dropFirst() + [""]) {
        if part == "operations" && Int(next) != nil || part == "parameters" { continue }
        if part == "0", shown.count > 2 { continue }
        shown.append(part)
      }
      parts = shown
    case "preprocessing" where parts.count > 1:
      let isStep = ["mirror", "crop", "padding"].contains(parts[1])
      parts.replaceSubrange(0...0, with: isStep ? ["dataset", "augment"] : ["dataset"])
    default: break
    }
    return parts.joined(separator: ".")
  }
}
