import ArtifactStore
import Basics

/// Two networks, or one before and after training, compared layer by layer: `comparison.json`.
package struct Comparison: Hashable, Sendable {
  /// How far parameters of a layer are apart.
  package struct Distance: Hashable, Sendable {
    package var layer: String
    /// The Euclidean length of the difference of all weights and biases.
    package var distance: Double
    /// The same divided by the length of the first network's; `nil` if that is zero.
    package var relative: Double?
    /// The cosine of the angle between both; `nil` if one is zero.
    package var cosine: Double?

    package init(layer: String, distance: Double, relative: Double?, cosine: Double?) {
      self.layer = layer
      self.distance = distance
      self.relative = relative
      self.cosine = cosine
    }
  }

  /// The number of images that both were shown; `nil` if they were shown none.
  package var images: Int?
  /// The layers on both sides.
  package var first: [String]
  package var second: [String]
  /// For each layer of the first network (row) and of the second; `nil` if it was not measured, and for layers whose
  /// activations do not differ among images.
  package var cka: [[Double?]]?
  package var svcca: [[Double?]]?
  /// Of layers that both have, with parameters of the same shapes; `nil` if it was not measured.
  package var weights: [Distance]?

  package init(
    images: Int?, first: [String], second: [String], cka: [[Double?]]? = nil,
    svcca: [[Double?]]? = nil, weights: [Distance]? = nil
  ) {
    self.images = images
    self.first = first
    self.second = second
    self.cka = cka
    self.svcca = svcca
    self.weights = weights
  }
}

extension Comparison: JSONResultFile {
  package static let file = ArtifactFile("comparison.json")
  static let format = 1

  /// `{"format": 1, "images", "first": […], "second": […], "cka": [[…]], "svcca": [[…]], "weights": [{"layer", "distance",
  /// "relative", "cosine"}]}`; what was not measured is left out, and numbers that do not exist are null.
  package var value: Value {
    var entries: [String: Value] = [
      "format": .integer(Comparison.format), "first": .list(first.map(Value.string)),
      "second": .list(second.map(Value.string)),
    ]
    entries["images"] = images.map(Value.integer)
    func matrix(_ rows: [[Double?]]) -> Value {
      .list(rows.map { .list($0.map { $0.map(Value.number) ?? .null }) })
    }
    entries["cka"] = cka.map(matrix)
    entries["svcca"] = svcca.map(matrix)
    entries["weights"] = weights.map { .list($0.map(\.value)) }
    return .map(entries)
  }

  init?(_ value: Value) {
    guard let first = value["first"]?.elements(\.asString),
      let second = value["second"]?.elements(\.asString)
    else { return nil }
    self.init(images: nil, first: first, second: second)
    func matrix(_ key: String) -> [[Double?]]?? {
      guard let entry = value[key] else { return .some(nil) }
      guard let rows = entry.elements({ $0.elements(Comparison.number) }),
        rows.count == first.count, rows.allSatisfy({ $0.count == second.count })
      else { return nil }
      return rows
    }
    guard let cka = matrix("cka"), let svcca = matrix("svcca") else { return nil }
    (self.cka, self.svcca) = (cka, svcca)
    if let entry = value["images"] {
      guard let count = entry.asCount else { return nil }
      images = count
    }
    if let entry = value["weights"] {
      guard let distances = entry.elements(Distance.init) else { return nil }
      weights = distances
    }
  }

  /// A finite number, or `nil` in place of one.
  fileprivate static func number(_ value: Value) -> Double?? {
    if value == .null { return .some(nil) }
    guard let number = value.double, number.isFinite else { return nil }
    return number
  }
}

extension Comparison.Distance: ValueConvertible {
  package var value: Value {
    [
      "layer": .string(layer), "distance": .number(distance),
      "relative": relative.map(Value.number) ?? .null, "cosine": cosine.map(Value.number) ?? .null,
    ]
  }

  fileprivate init?(_ value: Value) {
    guard let layer = value["layer"]?.asString, let distance = value["distance"]?.double,
      let relative = value["relative"].flatMap(Comparison.number),
      let cosine = value["cosine"].flatMap(Comparison.number)
    else { return nil }
    self.init(layer: layer, distance: distance, relative: relative, cosine: cosine)
  }
}

/// A comparison in the record of its stage: layers of the same name.
package struct ComparisonResult: Hashable, Sendable {
  package struct Layer: Hashable, Sendable {
    package var name: String
    package var cka: Double?
    package var svcca: Double?
    /// See `Comparison.Distance`.
    package var relative: Double?
    package var cosine: Double?

    package init(
      name: String, cka: Double? = nil, svcca: Double? = nil, relative: Double? = nil,
      cosine: Double? = nil
    ) {
      self.name = name
      self.cka = cka
      self.svcca = svcca
      self.relative = relative
      self.cosine = cosine
    }
  }

  package var images: Int?
  package var layers: [Layer]

  package init(images: Int?, layers: [Layer]) {
    self.images = images
    self.layers = layers
  }

  package init(_ comparison: Comparison) {
    images = comparison.images
    let columns = Dictionary(
      comparison.second.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let distances = Dictionary(
      (comparison.weights ?? []).map { ($0.layer, $0) }, uniquingKeysWith: { first, _ in first })
    layers = comparison.first.enumerated().compactMap { row, name in
      guard let column = columns[name] else { return nil }
      return Layer(
        name: name, cka: comparison.cka?[row][column], svcca: comparison.svcca?[row][column],
        relative: distances[name]?.relative, cosine: distances[name]?.cosine)
    }
  }
}

extension ComparisonResult: RecordedResult {
  /// `{"images", "layers": [{"layer", "cka", "svcca", "relative", "cosine"}]}`, without numbers that do not exist.
  package var metrics: Value {
    var entries: [String: Value] = [
      "layers": .list(
        layers.map { layer in
          var entries: [String: Value] = ["layer": .string(layer.name)]
          entries["cka"] = layer.cka.map(Value.number)
          entries["svcca"] = layer.svcca.map(Value.number)
          entries["relative"] = layer.relative.map(Value.number)
          entries["cosine"] = layer.cosine.map(Value.number)
          return .map(entries)
        })
    ]
    entries["images"] = images.map(Value.integer)
    return .map(entries)
  }

  package func words(in record: StageRecord) -> [String] {
    let subset = record.measuredSubset.map { "\($0.rawValue) " } ?? ""
    var lines: [String] = []
    lines.append(
      images.map { "compared on \(counted($0, "\(subset)image"))" } ?? "weights compared")
    if record.inputs["second"] == nil { lines[0] += ": initial weights, and as trained" }
    let width = layers.map(\.name.count).max() ?? 0
    for layer in layers {
      let parts = [
        layer.cka.map { "CKA \(fixed($0, decimals: 3))" },
        layer.svcca.map { "SVCCA \(fixed($0, decimals: 3))" },
        layer.relative.map { "weights \(fixed(100 * $0, decimals: 1)) % apart" },
        layer.cosine.map { "cosine \(fixed($0, decimals: 3))" },
      ].compactMap { $0 }
      let space = String(repeating: " ", count: width - layer.name.count)
      lines.append("\(layer.name)\(space)  \(parts.isEmpty ? "–" : parts.joined(separator: ", "))")
    }
    if layers.isEmpty { lines.append("no layer of the same name; 'show --figures' draws all") }
    return lines
  }

  package init?(metrics: Value) {
    guard
      let layers = metrics["layers"]?.elements({ value -> Layer? in
        guard let name = value["layer"]?.asString else { return nil }
        var layer = Layer(name: name)
        for (key, field) in [
          ("cka", \Layer.cka), ("svcca", \Layer.svcca), ("relative", \Layer.relative),
          ("cosine", \Layer.cosine),
        ] as [(String, WritableKeyPath<Layer, Double?>)] {
          guard let entry = value[key] else { continue }
          guard let number = entry.double else { return nil }
          layer[keyPath: field] = number
        }
        return layer
      })
    else { return nil }
    self.init(images: nil, layers: layers)
    if let entry = metrics["images"] {
      guard let count = entry.asCount else { return nil }
      images = count
    }
  }
}
