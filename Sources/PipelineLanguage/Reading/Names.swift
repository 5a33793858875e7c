import Basics

/// The permitted names in a pipeline.
///
/// Names are used in paths, in parameter names and on terminals, so only safe characters are permitted.
enum NameRule {
  /// Datasets, splits, tasks, networks, solvers, parameters and sweep variables: ASCII letters,
  /// digits, `-`, `_`, `+`, beginning with a letter, a digit or `_`.
  case definition
  /// Stages and pipelines: also `.`, but not first.
  case stage
  /// Layers, and what parameters are called: as stages, but `.` neither last nor twice in a row, as `a..b` is a range.
  case layer

  static let longest = 100

  /// Why the name is not permitted, in words; `nil` if it is.
  func complaint(about name: String) -> String? {
    if name.isEmpty { return "it is empty" }
    if name.utf8.count > NameRule.longest {
      return "it is longer than \(NameRule.longest) characters"
    }
    let allowed =
      self == .definition ? "letters, digits, - _ +" : "letters, digits, - _ + ."
    if let scalar = name.unicodeScalars.first(where: { !isAllowed($0) }) {
      return "'\(scalar)' is not among \(allowed)"
    }
    if let first = name.unicodeScalars.first, "-+.".unicodeScalars.contains(first) {
      return "it begins with '\(first)'"
    }
    if self == .layer, name.hasSuffix(".") || name.firstRange(of: "..") != nil {
      return "each '.' must be between other characters"
    }
    return nil
  }

  func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "+": true
    case ".": self != .definition
    default: false
    }
  }
}

extension ReadingContext {
  /// Whether a name is permitted; reports why not.
  func check(_ name: String, _ rule: NameRule, _ kind: String, at span: SourceSpan) -> Bool {
    guard let complaint = rule.complaint(about: name) else { return true }
    diagnostics.report("'\(name)' cannot be the name of a \(kind): \(complaint)", at: span)
    return false
  }
}
