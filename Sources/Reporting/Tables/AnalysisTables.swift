import Basics
import Planning

/// Means and contrasts, for other tools.
package enum AnalysisTables {
  /// One line per treatment and n of each experiment.
  package static func means(_ analysis: Analysis) -> String {
    var rows = [
      [
        "experiment", "network", "split", "treatment", "n", "mean", "low", "high", "method",
        "units",
        "runs", "did_not_train", "diverged", "missing",
      ]
    ]
    for experiment in analysis.experiments {
      for (label, point) in experiment.labelledPoints {
        rows.append(
          experiment.fields + [label, "\(point.depth)"] + fields(point.estimate)
            + [
              "\(point.values.count)", "\(point.untrained.count)", "\(point.diverged.count)",
              "\(point.missing.count)",
            ])
      }
    }
    return csvText(rows)
  }

  /// One line per contrast and n of each experiment; targets without a run are separated by semicolons.
  package static func contrasts(_ analysis: Analysis) -> String {
    var rows = [
      [
        "experiment", "network", "split", "contrast", "formula", "n", "mean", "low", "high",
        "method", "units", "pairs", "claimed", "missing_minuend", "missing_subtrahend",
      ]
    ]
    for experiment in analysis.experiments {
      for contrast in experiment.contrasts {
        for point in contrast.points {
          rows.append(
            experiment.fields
              + [contrast.kind.name, contrast.kind.formula, "\(point.depth)"]
              + fields(point.estimate)
              + [
                "\(point.pairs.count)",
                "\(experiment.verdict.claims(contrast.kind, at: point.depth))",
                point.missingMinuend.map(\.label).joined(separator: "; "),
                point.missingSubtrahend.map(\.label).joined(separator: "; "),
              ])
        }
      }
    }
    return csvText(rows)
  }

  private static func fields(_ estimate: Estimate?) -> [String] {
    guard let estimate else { return ["", "", "", "", ""] }
    let units = "\(estimate.units)"
    guard estimate.hasInterval else { return ["\(estimate.mean)", "", "", "", units] }
    return [
      "\(estimate.mean)", "\(estimate.low)", "\(estimate.high)", estimate.method.rawValue, units,
    ]
  }

  /// `{"format": 1, "name", "origin", "experiments", "relative", "by-examples", "warnings"}`.
  package static func json(_ analysis: Analysis) -> Value {
    [
      "format": 1, "name": .string(analysis.results.name),
      "origin": .string(analysis.results.origin),
      "experiments": .list(analysis.experiments.map(\.value)),
      "relative": .list(
        analysis.relative.map { series in
          [
            "label": .string(series.label),
            "points": .list(
              series.points.map { point in
                [
                  "n": .integer(point.depth), "estimate": point.estimate.value,
                  "differences": .list(point.pairs.map { .number($0.difference) }),
                ]
              }),
          ]
        }),
      "by-examples": .list(
        analysis.byExamples.map { series in
          [
            "label": .string(series.label),
            "points": .list(
              series.points.map { point in
                [
                  "examples": .integer(point.examples),
                  "estimate": point.estimate?.value ?? .null,
                  "runs": .list(point.runs.map { .string($0.name) }),
                ]
              }),
          ]
        }),
      "warnings": .list(analysis.warnings.map { .string("\($0)") }),
    ]
  }
}

extension Experiment {
  fileprivate var fields: [String] { [title, network ?? "", split] }

  /// Every point with its treatment, starting with the base.
  fileprivate var labelledPoints: [(label: String, point: Point)] {
    (base.map { [("base", $0)] } ?? [])
      + series.flatMap { series in series.points.map { (series.label, $0) } }
  }
}

extension Experiment: ValueConvertible {
  package var value: Value {
    [
      "title": .string(title), "network": network.map(Value.string) ?? .null,
      "split": .string(split), "conditions": .map(conditions.mapValues(\.value)),
      "targets": .list(targets.map { .string($0.label) }),
      "means": .list(
        labelledPoints.map { label, point in
          [
            "treatment": .string(label), "n": .integer(point.depth),
            "estimate": point.estimate?.value ?? .null,
            "runs": .list(point.runs.map { .string($0.name) }),
          ]
        }),
      "contrasts": .list(
        contrasts.map { contrast in
          [
            "kind": .string(contrast.kind.name), "formula": .string(contrast.kind.formula),
            "points": .list(contrast.points.map(\.value)),
          ]
        }),
      "boosts": .list(
        boosts.map { boost in
          [
            "kind": .string(boost.kind.name),
            "from": .integer(boost.depths.lowerBound), "to": .integer(boost.depths.upperBound),
            "unpaired": boost.unpaired.map(Value.number) ?? .null,
            "paired": boost.paired?.value ?? .null,
          ]
        }),
      "verdict": .list(verdict.sentences.map(Value.string)),
      "claims": .list(verdict.claims.map(\.value)),
    ]
  }
}

extension Claim: ValueConvertible {
  /// `{"subject", "n", "estimate", "chance", "level", "holds"}`; `n` is `null` for a mean over all n.
  package var value: Value {
    [
      "subject": .string(subject.rawValue), "n": depth.map(Value.integer) ?? .null,
      "estimate": estimate.value, "chance": .number(chance), "level": .number(level),
      "holds": .bool(holds),
    ]
  }
}

extension ContrastPoint: ValueConvertible {
  package var value: Value {
    [
      "n": .integer(depth), "estimate": estimate?.value ?? .null,
      "pairs": .list(
        pairs.map {
          [
            "target": .string($0.target.label),
            "minuend": .string($0.minuends.map(\.name).joined(separator: ", ")),
            "subtrahend": .string($0.subtrahends.map(\.name).joined(separator: ", ")),
            "difference": .number($0.difference),
          ]
        }),
      "missing-minuend": .list(missingMinuend.map { .string($0.label) }),
      "missing-subtrahend": .list(missingSubtrahend.map { .string($0.label) }),
    ]
  }
}

extension Estimate: ValueConvertible {
  /// `{"mean", "low", "high", "method", "count", "units", "standard-error", "degrees"}`; `low` and `high` are `null`
  /// without an interval, the last two for methods other than Student's t.
  package var value: Value {
    [
      "mean": .number(mean), "low": hasInterval ? .number(low) : .null,
      "high": hasInterval ? .number(high) : .null, "method": .string(method.rawValue),
      "count": .integer(count), "units": .integer(units),
      "standard-error": method == .student ? .number(standardError) : .null,
      "degrees": method == .student ? .number(degrees) : .null,
    ]
  }
}
