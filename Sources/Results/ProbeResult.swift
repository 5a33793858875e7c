import ArtifactStore
import Basics

/// How well classifiers tell the classes from the activations of each layer.
package struct ProbeResult: Hashable, Sendable {
  /// One classifier on one layer.
  package struct Row: Hashable, Sendable {
    package var layer: String
    /// In words: `logistic`, `5 nearest`.
    package var classifier: String
    /// Fractions of the measured images, and of those held out for the choice of a decay, that were classified correctly.
    package var accuracy: Double
    package var heldOut: Double?
    /// `nil` for classifiers without one.
    package var decay: Double?
    /// Whether training met its tolerance.
    package var isConverged: Bool

    package init(
      layer: String, classifier: String, accuracy: Double, heldOut: Double?, decay: Double?,
      isConverged: Bool
    ) {
      self.layer = layer
      self.classifier = classifier
      self.accuracy = accuracy
      self.heldOut = heldOut
      self.decay = decay
      self.isConverged = isConverged
    }
  }

  /// Images fitted to, and measured.
  package var fitted: Int
  package var images: Int
  /// Layer by layer in the network's order.
  package var rows: [Row]

  package init(fitted: Int, images: Int, rows: [Row]) {
    self.fitted = fitted
    self.images = images
    self.rows = rows
  }
}

extension ProbeResult: RecordedResult {
  /// `{"fitted", "images", "probes": [{"layer", "classifier", "accuracy", "converged"} and, where there is a choice, "held-out"
  /// and "decay"]}`
  package var metrics: Value {
    [
      "fitted": .integer(fitted), "images": .integer(images),
      "probes": .list(
        rows.map { row in
          var entries: [String: Value] = [
            "layer": .string(row.layer), "classifier": .string(row.classifier),
            "accuracy": .number(row.accuracy), "converged": .bool(row.isConverged),
          ]
          entries["held-out"] = row.heldOut.map(Value.number)
          entries["decay"] = row.decay.map(Value.number)
          return .map(entries)
        }),
    ]
  }

  package func words(in record: StageRecord) -> [String] {
    var classifiers: [String] = []
    for row in rows where !classifiers.contains(row.classifier) {
      classifiers.append(row.classifier)
    }
    var lines = classifiers.map { classifier in
      let values = rows.filter { $0.classifier == classifier }.map {
        "\($0.layer) \(fixed(100 * $0.accuracy, decimals: 1))"
      }
      return "\(classifier), % of \(counted(images, "image")): \(values.joined(separator: ", "))"
    }
    let open = rows.filter { !$0.isConverged }
    if !open.isEmpty {
      lines.append(
        "not converged: \(open.map { "\($0.classifier) on \($0.layer)" }.joined(separator: ", "))")
    }
    return lines
  }

  package init?(metrics: Value) {
    guard let fitted = metrics["fitted"]?.asCount, let images = metrics["images"]?.asCount,
      let rows = metrics["probes"]?.elements({ row -> Row? in
        guard let layer = row["layer"]?.asString, let classifier = row["classifier"]?.asString,
          let accuracy = row["accuracy"]?.double, case .bool(let isConverged)? = row["converged"]
        else { return nil }
        return Row(
          layer: layer, classifier: classifier, accuracy: accuracy,
          heldOut: row["held-out"]?.double, decay: row["decay"]?.double, isConverged: isConverged)
      })
    else { return nil }
    self.init(fitted: fitted, images: images, rows: rows)
  }
}
