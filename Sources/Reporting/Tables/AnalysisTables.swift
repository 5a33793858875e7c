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
                "\(experiment.claims(contrast.kind, at: point.depth))",
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
  package static func json(_ analysis: Analysis) -> ReportFile {
    ReportFile { (json: inout JSONWriter, put) in
      json.beginMap()
      json.entry("by-examples", .list(analysis.byExamples.map(\.value)))
      json.key("experiments")
      json.beginList()
      for experiment in analysis.experiments {
        json.nextElement()
        try experiment.write(to: &json, put)
      }
      json.endList()
      json.entry("format", 1)
      json.entry("name", .string(analysis.results.name))
      json.entry("origin", .string(analysis.results.origin))
      json.entry("relative", .list(analysis.relative.map(\.value)))
      json.entry("warnings", .list(analysis.warnings.map { .string("\($0)") }))
      json.endMap()
    }
  }
}

extension ExampleSeries: ValueConvertible {
  package var value: Value {
    [
      "label": .string(label),
      "points": .list(
        points.map { point in
          [
            "examples": .integer(point.examples),
            "estimate": point.estimate?.value ?? .null,
            "runs": .list(point.runs.map { .string($0.name) }),
          ]
        }),
    ]
  }
}

extension RelativeSeries: ValueConvertible {
  package var value: Value {
    [
      "label": .string(label),
      "points": .list(
        points.map { point in
          [
            "n": .integer(point.depth), "estimate": point.estimate.value,
            "differences": .list(point.pairs.map { .number($0.difference) }),
          ]
        }),
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

extension Experiment {
  /// Writes the experiment as a map. Its runs and pairs, of which there may be millions, are written one by one.
  fileprivate func write(to json: inout JSONWriter, _ put: ReportFile.Put) throws {
    json.beginMap()
    json.entry("boosts", .list(boosts.map(\.value)))
    json.entry("claims", .list(verdict.claims.map(\.value)))
    json.entry("conditions", .map(conditions.mapValues(\.value)))
    json.key("contrasts")
    json.beginList()
    for contrast in contrasts {
      json.nextElement()
      json.beginMap()
      json.entry("formula", .string(contrast.kind.formula))
      json.entry("kind", .string(contrast.kind.name))
      json.key("points")
      json.beginList()
      for point in contrast.points {
        json.nextElement()
        try point.write(to: &json, put)
      }
      json.endList()
      json.endMap()
    }
    json.endList()
    json.key("means")
    json.beginList()
    for (label, point) in labelledPoints {
      json.nextElement()
      json.beginMap()
      json.entry("estimate", point.estimate?.value ?? .null)
      json.entry("n", .integer(point.depth))
      json.key("runs")
      json.beginList()
      for run in point.runs {
        json.nextElement()
        json.write(.string(run.name))
      }
      json.endList()
      json.entry("treatment", .string(label))
      json.endMap()
      if let piece = json.takePiece() { try put(piece) }
    }
    json.endList()
    json.entry("network", network.map(Value.string) ?? .null)
    json.entry("split", .string(split))
    json.entry("targets", .list(targets.map { .string($0.label) }))
    json.entry("title", .string(title))
    json.entry("verdict", .list(verdict.sentences.map(Value.string)))
    json.endMap()
    if let piece = json.takePiece() { try put(piece) }
  }
}

extension Boost: ValueConvertible {
  package var value: Value {
    [
      "kind": .string(kind.name),
      "from": .integer(depths.lowerBound), "to": .integer(depths.upperBound),
      "unpaired": unpaired.map(Value.number) ?? .null, "paired": paired?.value ?? .null,
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

extension ContrastPoint {
  fileprivate func write(to json: inout JSONWriter, _ put: ReportFile.Put) throws {
    json.beginMap()
    json.entry("estimate", estimate?.value ?? .null)
    json.entry("missing-minuend", .list(missingMinuend.map { .string($0.label) }))
    json.entry("missing-subtrahend", .list(missingSubtrahend.map { .string($0.label) }))
    json.entry("n", .integer(depth))
    json.key("pairs")
    json.beginList()
    for pair in pairs {
      json.nextElement()
      json.beginMap()
      json.entry("difference", .number(pair.difference))
      json.entry("minuend", .string(pair.minuends.map(\.name).joined(separator: ", ")))
      json.entry("subtrahend", .string(pair.subtrahends.map(\.name).joined(separator: ", ")))
      json.entry("target", .string(pair.target.label))
      json.endMap()
      if let piece = json.takePiece() { try put(piece) }
    }
    json.endList()
    json.endMap()
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
