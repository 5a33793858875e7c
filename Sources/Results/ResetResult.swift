import ArtifactStore
import Basics

/// The accuracy of a network with each of its layers put back to other weights.
package struct ResetResult: Hashable, Sendable {
  package struct Layer: Hashable, Sendable {
    package var name: String
    /// With the weights that training started from; `nil` if it was not measured.
    package var initial: TrialScore?
    /// With other random weights, for each draw.
    package var random: [TrialScore] = []

    package init(name: String, initial: TrialScore? = nil, random: [TrialScore] = []) {
      self.name = name
      self.initial = initial
      self.random = random
    }

    /// The mean accuracy over the draws; `nil` without any.
    package var randomTop1: Double? {
      random.isEmpty ? nil : random.reduce(0) { $0 + $1.top1 } / Double(random.count)
    }
  }

  /// The network as it was trained.
  package var trained: TrialScore
  package var layers: [Layer]

  package init(trained: TrialScore, layers: [Layer]) {
    self.trained = trained
    self.layers = layers
  }
}

extension ResetResult: RecordedResult {
  /// `{"images", "trained": {"top1", "loss"}, "layers": [{"layer", "initial": {…}, "random": [{…}]}]}`, where `initial`
  /// and `random` are left out if they were not measured.
  package var metrics: Value {
    [
      "images": .integer(trained.images), "trained": trained.value,
      "layers": .list(
        layers.map { layer in
          var entries: [String: Value] = ["layer": .string(layer.name)]
          entries["initial"] = layer.initial?.value
          if !layer.random.isEmpty { entries["random"] = .list(layer.random.map(\.value)) }
          return .map(entries)
        }),
    ]
  }

  package func words(in record: StageRecord) -> [String] {
    let subset = record.measuredSubset.map { "\($0.rawValue) " } ?? ""
    var lines = ["trained: \(trained.words) on \(counted(trained.images, "\(subset)image"))"]
    let width = layers.map(\.name.count).max() ?? 0
    for layer in layers {
      var parts: [String] = []
      if let initial = layer.initial {
        parts.append("initial weights \(TrialScore.percent(initial.top1))")
      }
      if let mean = layer.randomTop1 {
        var text = "random weights \(TrialScore.percent(mean))"
        if let low = layer.random.map(\.top1).min(), let high = layer.random.map(\.top1).max(),
          layer.random.count > 1
        {
          text +=
            " (\(fixed(100 * low, decimals: 1))–\(fixed(100 * high, decimals: 1)), "
            + "\(counted(layer.random.count, "draw")))"
        }
        parts.append(text)
      }
      let name = layer.name.padding(toLength: width)
      lines.append("\(name)  \(parts.joined(separator: ", "))")
    }
    return lines
  }

  package init?(metrics: Value) {
    guard let images = metrics["images"]?.asCount,
      let trained = metrics["trained"].flatMap({ TrialScore($0, images: images) }),
      let layers = metrics["layers"]?.elements({ Layer($0, images: images) })
    else { return nil }
    self.init(trained: trained, layers: layers)
  }
}

extension ResetResult.Layer {
  fileprivate init?(_ value: Value, images: Int) {
    guard let name = value["layer"]?.asString else { return nil }
    self.init(name: name)
    if let entry = value["initial"] {
      guard let score = TrialScore(entry, images: images) else { return nil }
      initial = score
    }
    if let entry = value["random"] {
      guard let scores = entry.elements({ TrialScore($0, images: images) }) else { return nil }
      random = scores
    }
  }
}

extension String {
  /// With spaces at the end up to a number of characters.
  fileprivate func padding(toLength length: Int) -> String {
    self + String(repeating: " ", count: max(0, length - count))
  }
}
