import Basics
import Planning

/// All runs, one a line, for other tools, and for `cambium report --results`, which reads it back.
package enum RunTable {
  package static let columns = [
    "run", "network", "split", "division", "division_seed", "target", "source", "treatment", "n",
    "seed", "examples", "measured_on", "top1", "images", "score", "selected_on_itself", "outcome",
    "reason",
  ]

  /// Comma-separated values (RFC 4180) with a heading line.
  package static func csv(_ runs: [RunResult]) -> String {
    csvText([columns] + runs.map { run in fields(run).map(text) })
  }

  /// `{"format": 1, "runs": […]}`: an object each, with the columns as keys.
  package static func json(_ results: StudyResults) -> Value {
    [
      "format": 1, "name": .string(results.name), "origin": .string(results.origin),
      "runs": .list(
        results.runs.map { run in
          .map(Dictionary(uniqueKeysWithValues: zip(columns, fields(run))))
        }),
    ]
  }

  /// In the order of `columns`; `.null` for what does not apply or is not known.
  private static func fields(_ run: RunResult) -> [Value] {
    let design = run.design
    var divisionSeed = Value.null
    let division: String
    switch design.division {
    case .random(let seed):
      division = "random"
      divisionSeed = unsigned(seed)
    case .listed: division = "listed"
    case .whole: division = "whole"
    }
    let measure = run.measure
    let (outcome, reason) = run.outcome.words
    return [
      .string(run.name), text(design.network), .string(design.split), .string(division),
      divisionSeed, .string(design.target), text(design.source),
      .string(design.kind == .base ? "base" : Treatment(design).label),
      .integer(design.depth), unsigned(design.seed),
      design.examples.map(Value.integer) ?? .null, text(design.measuredOn),
      measure.map { .number($0.top1) } ?? .null, measure?.images.map(Value.integer) ?? .null,
      text(measure?.rule), measure.map { .bool($0.isSelectedOnItself) } ?? .null,
      .string(outcome), text(reason),
    ]
  }

  private static func text(_ text: String?) -> Value { text.map(Value.string) ?? .null }

  /// A seed as a number where JSON's integers reach, else as its digits.
  private static func unsigned(_ seed: UInt64) -> Value {
    Int(exactly: seed).map(Value.integer) ?? .string("\(seed)")
  }

  private static func text(_ value: Value) -> String {
    switch value {
    case .null: ""
    case .bool(let flag): "\(flag)"
    case .integer(let integer): "\(integer)"
    case .number(let number): "\(number)"
    case .string(let text): text
    case .list, .map: value.json()
    }
  }
}

extension RunOutcome {
  /// How tables write it, and what is to be said of it.
  var words: (outcome: String, reason: String?) {
    switch self {
    case .measured: (RunOutcome.measuredWord, nil)
    case .atChance: (RunOutcome.untrainedWord, nil)
    case .diverged(let reason): (RunOutcome.divergedWord, reason)
    case .missing(let reason): (RunOutcome.missingWord, reason)
    }
  }

  static let measuredWord = "measured"
  static let untrainedWord = "did-not-train"
  static let divergedWord = "diverged"
  static let missingWord = "missing"
}

/// Comma-separated values (RFC 4180, but with lines that end with LF alone).
func csvText(_ rows: [[String]]) -> String {
  func quoted(_ field: String) -> String {
    guard field.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else {
      return field
    }
    return "\"\(field.replacing("\"", with: "\"\""))\""
  }
  var text = ""
  for row in rows { text += row.map(quoted).joined(separator: ",") + "\n" }
  return text
}
