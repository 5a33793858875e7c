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
  /// true class. If it is left out, or lacks images without a prediction, `class-images` and `class-correct` are the
  /// numbers of images of each class.
  package var value: Value {
    var entries = result.metrics.asMap ?? [:]
    entries["format"] = .integer(EvaluationDetails.format)
    entries["classes"] = .list(classes.classes.map(Value.string))
    entries["per-class"] = .list(
      classes.classes.indices.map { classes.accuracy(of: $0).map(Value.number) ?? .null })
    entries["confusion"] = classes.confusion.map { confusion in
      .list(confusion.map { .list($0.map(Value.integer)) })
    }
    if classes.unpredicted != 0 {
      let indices = classes.classes.indices
      entries["class-images"] = .list(indices.map { .integer(classes.images(of: $0)) })
      entries["class-correct"] = .list(indices.map { .integer(classes.correct(of: $0)) })
    }
    return .map(entries)
  }

  init?(_ value: Value) {
    guard let result = EvaluationResult(metrics: value),
      let classes = value["classes"]?.elements(\.asString),
      let results = EvaluationDetails.classResults(classes, value)
    else { return nil }
    self.init(result: result, classes: results)
  }

  private static func classResults(_ classes: [String], _ value: Value) -> ClassResults? {
    var confusion: [[Int]]?
    if let entry = value["confusion"] {
      guard let rows = entry.elements({ $0.elements(\.asCount) }) else { return nil }
      confusion = rows
    }
    if value["class-images"] != nil || value["class-correct"] != nil {
      guard let images = value["class-images"]?.elements(\.asCount),
        let correct = value["class-correct"]?.elements(\.asCount)
      else { return nil }
      return ClassResults(
        classes: classes, images: images, correct: correct, confusion: confusion)
    }
    guard let confusion else { return nil }
    return ClassResults(classes: classes, confusion: confusion)
  }
}
