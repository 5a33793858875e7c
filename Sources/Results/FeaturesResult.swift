import ArtifactStore
import Basics
import Definitions

extension ArtifactFile {
  /// The activations of a features stage: a tensor for each layer, images × values.
  package static let features = ArtifactFile("features.safetensors")
}

/// What a features stage keeps.
package struct FeaturesResult: Hashable, Sendable {
  package struct Layer: Hashable, Sendable {
    package var name: String
    /// Kept of each image.
    package var values: Int

    package init(name: String, values: Int) {
      self.name = name
      self.values = values
    }
  }

  package var images: Int
  package var layers: [Layer]
  /// Whether all values are finite numbers.
  package var isFinite: Bool

  package init(images: Int, layers: [Layer], isFinite: Bool) {
    self.images = images
    self.layers = layers
    self.isFinite = isFinite
  }
}

extension FeaturesResult: RecordedResult {
  /// `{"images", "layers": [{"name", "values"}], "finite"}`
  package var metrics: Value {
    [
      "images": .integer(images), "finite": .bool(isFinite),
      "layers": .list(
        layers.map { ["name": .string($0.name), "values": .integer($0.values)] }),
    ]
  }

  package func words(in record: StageRecord) -> [String] {
    let subset = record.measuredSubset.map { "\($0.rawValue) " } ?? ""
    let kept = layers.map { "\($0.name) (\(grouped($0.values)))" }.joined(separator: ", ")
    return ["activations of \(counted(images, "\(subset)image")): \(kept)"]
      + (isFinite ? [] : ["some of them are not finite numbers"])
  }

  package init?(metrics: Value) {
    guard let images = metrics["images"]?.asCount, case .bool(let isFinite)? = metrics["finite"],
      let layers = metrics["layers"]?.elements({ layer -> Layer? in
        guard let name = layer["name"]?.asString, let values = layer["values"]?.asCount else {
          return nil
        }
        return Layer(name: name, values: values)
      })
    else { return nil }
    self.init(images: images, layers: layers, isFinite: isFinite)
  }
}

/// Which images the rows of features belong to: `images.json`.
package struct FeatureImages: Hashable, Sendable {
  package let classes: [String]
  package let subset: Portion
  /// For each image, the position of its class.
  package let labels: [Int]
  /// For each image, its position among the images of its class, in the order of their names: of the test images, or of all
  /// training images.
  package let positions: [Int]

  package init(classes: [String], subset: Portion, labels: [Int], positions: [Int]) {
    self.classes = classes
    self.subset = subset
    self.labels = labels
    self.positions = positions
  }

  /// The name of an image: subset, class and position, `test/cat/17`. Packed images do not keep the names of files:
  /// `cambium data --images` lists them.
  package func name(of image: Int) -> String {
    let stored = subset == .test ? Portion.test : .train
    return "\(stored.rawValue)/\(classes[labels[image]])/\(positions[image])"
  }
}

extension FeatureImages: JSONResultFile {
  package static let file = ArtifactFile("images.json")
  static let format = 1

  /// `{"format": 1, "classes", "subset", "labels", "positions"}`
  package var value: Value {
    [
      "format": .integer(FeatureImages.format), "classes": .list(classes.map(Value.string)),
      "subset": .string(subset.rawValue), "labels": .list(labels.map(Value.integer)),
      "positions": .list(positions.map(Value.integer)),
    ]
  }

  init?(_ value: Value) {
    guard let classes = value["classes"]?.elements(\.asString),
      let subset = value["subset"]?.asString.flatMap(Portion.init(rawValue:)),
      let labels = value["labels"]?.elements(\.asCount),
      let positions = value["positions"]?.elements(\.asCount), labels.count == positions.count,
      labels.allSatisfy(classes.indices.contains)
    else { return nil }
    self.init(classes: classes, subset: subset, labels: labels, positions: positions)
  }
}
