import Basics

/// The result of an evaluation with its confusion matrix: `evaluation.json`.
package struct EvaluationDetails: Hashable, Sendable {
  package var result: EvaluationResult
  package var classes: ClassResults

  package init(result: EvaluationResult, classes: ClassResults) {
    self.result = result
    self.classes = classes
  }
}

extension EvaluationDetails: JSONResultFile {
  package static let file = ArtifactFile("evaluation.json")
  static let format = 1

  /// `{"format": 1, "classes", "per-class", "confusion"}` and the entries of the result; confusion has one row per
  /// true class.
  package var value: Value {
    var entries = result.metrics.asMap ?? [:]
    entries["format"] = .integer(EvaluationDetails.format)
    entries["classes"] = .list(classes.classes.map(Value.string))
    entries["per-class"] = .list(
      classes.classes.indices.map { classes.accuracy(of: $0).map(Value.number) ?? .null })
    entries["confusion"] = .list(classes.confusion.map { .list($0.map(Value.integer)) })
    return .map(entries)
  }

  init?(_ value: Value) {
    guard let result = EvaluationResult(metrics: value),
      let classes = value["classes"]?.elements(\.asString),
      let confusion = value["confusion"]?.elements({ $0.elements(\.asCount) }),
      let results = ClassResults(classes: classes, confusion: confusion)
    else { return nil }
    self.init(result: result, classes: results)
  }
}
