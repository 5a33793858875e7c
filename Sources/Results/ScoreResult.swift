import ArtifactStore
import Basics
import Definitions

/// Scores of transferability of a network.
package struct ScoreResult: Hashable, Sendable {
  package struct Row: Hashable, Sendable {
    package var measure: TransferScore
    /// `nil` for a measure of the whole network.
    package var layer: String?
    package var value: Double

    package init(measure: TransferScore, layer: String?, value: Double) {
      self.measure = measure
      self.layer = layer
      self.value = value
    }
  }

  package var images: Int
  /// Measure by measure, and layer by layer in the network's order.
  package var rows: [Row]

  package init(images: Int, rows: [Row]) {
    self.images = images
    self.rows = rows
  }
}

extension ScoreResult: RecordedResult {
  /// `{"images", "scores": [{"measure", "value"} and, of a layer, "layer"]}`
  package var metrics: Value {
    [
      "images": .integer(images),
      "scores": .list(
        rows.map { row in
          var entries: [String: Value] = [
            "measure": .string(row.measure.rawValue), "value": .number(row.value),
          ]
          entries["layer"] = row.layer.map(Value.string)
          return .map(entries)
        }),
    ]
  }

  package func words(in record: StageRecord) -> [String] {
    TransferScore.allCases.compactMap { measure in
      let rows = rows.filter { $0.measure == measure }
      guard !rows.isEmpty else { return nil }
      let values = rows.map { row in
        (row.layer.map { "\($0) " } ?? "") + fixed(row.value, decimals: 4)
      }
      return "\(measure.title) on \(counted(images, "image")): \(values.joined(separator: ", "))"
    }
  }

  package init?(metrics: Value) {
    guard let images = metrics["images"]?.asCount,
      let rows = metrics["scores"]?.elements({ row -> Row? in
        guard let measure = row["measure"]?.asString.flatMap(TransferScore.init(rawValue:)),
          let value = row["value"]?.double
        else { return nil }
        return Row(measure: measure, layer: row["layer"]?.asString, value: value)
      })
    else { return nil }
    self.init(images: images, rows: rows)
  }
}
