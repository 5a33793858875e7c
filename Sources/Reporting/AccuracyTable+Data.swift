import Basics
import Planning

/// One line a run, for other tools.
package enum AccuracyExport {
  /// Comma-separated values (RFC 4180) with a heading line.
  package static func csv(_ results: [AccuracyResult]) -> String {
    var text =
      "split,target,source,treatment,kind,n,seed,top1,images,did_not_train,examples,score,selected_on_itself\n"
    for result in results {
      let entry = result.entry
      let fields = [
        entry.split, entry.target, entry.source ?? "", entry.treatmentLabel, entry.kind.rawValue,
        "\(entry.depth)", "\(entry.seed)", "\(result.top1)", "\(result.images)",
        "\(result.didNotTrain)", entry.examples.map { "\($0)" } ?? "",
        result.scoreRule, "\(result.isSelectedOnItself)",
      ]
      text += fields.map(quoted).joined(separator: ",") + "\n"
    }
    return text
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { ",\"\n\r".contains($0) }) else { return field }
    return "\""
      + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }

  /// The same as a list of objects.
  package static func json(_ results: [AccuracyResult]) -> Value {
    .list(
      results.map { result in
        [
          "split": .string(result.entry.split), "target": .string(result.entry.target),
          "source": result.entry.source.map(Value.string) ?? .null,
          "treatment": .string(result.entry.treatmentLabel),
          "kind": .string(result.entry.kind.rawValue), "n": .integer(result.entry.depth),
          "seed": .integer(Int(truncatingIfNeeded: result.entry.seed)),
          "top1": .number(result.top1), "images": .integer(result.images),
          "did-not-train": .bool(result.didNotTrain),
          "examples": result.entry.examples.map(Value.integer) ?? .null,
          "score": .string(result.scoreRule),
          "selected-on-itself": .bool(result.isSelectedOnItself),
        ]
      })
  }
}
