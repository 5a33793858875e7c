import Basics

extension StageMetrics {
  /// The columns of the table, and the keys of the lines.
  private static let columns = [
    "stage", "kind", "iteration", "epoch", "subset", "rate", "loss", "accuracy", "top5", "score",
    "images",
  ]

  /// The points of several stages as one table of comma-separated values (RFC 4180): `stage`, `kind`, `iteration`,
  /// `epoch`, `subset`, `rate`, `loss`, `accuracy`, `top5`, `score`, `images`. Fields without a measurement are
  /// empty.
  package static func csv(_ stages: [StageMetrics]) -> String {
    var text = CSVText()
    text.add(columns)
    for stage in stages {
      for point in stage.points {
        let entries = stage.entries(point)
        text.add(columns.map { entries[$0].map(field) ?? "" })
      }
    }
    return text.text
  }

  /// The points of several stages as JSON objects, one per line, with the keys of the table's columns and `format`,
  /// which is 1. Entries without a measurement are omitted.
  package static func jsonLines(_ stages: [StageMetrics]) -> String {
    var text = ""
    for stage in stages {
      for point in stage.points {
        var entries = stage.entries(point)
        entries["format"] = 1
        text += Value.map(entries).json() + "\n"
      }
    }
    return text
  }

  private func entries(_ point: Point) -> [String: Value] {
    var entries: [String: Value] = [
      "stage": .string(stage), "kind": .string(kind), "iteration": .integer(point.iteration),
      "subset": .string(point.subset),
    ]
    for (key, number) in [
      ("epoch", point.epoch), ("rate", point.rate), ("loss", point.loss),
      ("accuracy", point.accuracy), ("top5", point.top5), ("score", point.score),
    ] {
      entries[key] = number.map(Value.number)
    }
    entries["images"] = point.images.map(Value.integer)
    return entries
  }

  private static func field(_ value: Value) -> String {
    if case .number(let number) = value { return "\(number)" }
    return value.asString ?? value.json()
  }
}
