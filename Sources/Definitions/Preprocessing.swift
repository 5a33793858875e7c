import Basics

/// What happens to a packed image on its way into a network.
///
/// Pixels 0…255 have the mean subtracted and are multiplied by `scale`. Where the network's input is smaller than
/// the image (with its border), the centre is cut out, unless an augmentation step of training chooses otherwise.
/// Evaluation takes only those steps that are not random.
package struct Preprocessing: Sendable {
  package enum Mean: String, Hashable, Sendable, CaseIterable {
    /// The mean of the task's training images, pixel by pixel.
    case image
    /// The mean colour of the task's training images.
    case color
    case none
  }

  package var mean: Mean
  package var scale: Double
  /// In the order in which an image is viewed; one of a kind at most.
  package let augmentation: [any AugmentationStep]

  /// - Parameter augmentation: in any order: where each comes, its place decides.
  /// - Precondition: no two steps have one keyword.
  package init(
    mean: Mean = .image, scale: Double = 1.0 / 64, augmentation: [any AugmentationStep] = []
  ) {
    self.mean = mean
    self.scale = scale
    self.augmentation = augmentation.sorted {
      ($0.place, $0.keyword) < ($1.place, $1.keyword)
    }
    precondition(
      Set(augmentation.map(\.keyword)).count == augmentation.count, "one step of a kind at most")
  }

  /// Pixels that are added on each side of an image.
  package var border: Int { augmentation.reduce(0) { $0 + $1.border } }

  /// The step that makes an image look different each time, or depend on others; the last of several, `nil` for
  /// none. What follows it cannot be computed once for each image.
  package var unrepeatableStep: (any AugmentationStep)? {
    augmentation.last { !$0.traits.isRepeatable(isLearning: false) }
  }
}

extension Preprocessing: Hashable {
  private var steps: [AnyHashable] { augmentation.map { AnyHashable($0) } }

  package static func == (one: Preprocessing, other: Preprocessing) -> Bool {
    one.mean == other.mean && one.scale == other.scale && one.steps == other.steps
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(mean)
    hasher.combine(scale)
    hasher.combine(steps)
  }
}

extension Preprocessing: ValueConvertible {
  /// The entries of the first three steps are there even without them, as they were before there were others: so
  /// fingerprints stay. Any other step has an entry only where it is used.
  package var value: Value {
    var entries: [String: Value] = [
      "mean": .string(mean.rawValue), "scale": .number(scale),
      Mirror.keyword: false, RandomCrop.keyword: "center", Padding.keyword: 0,
    ]
    for step in augmentation { entries[step.keyword] = step.setting }
    return .map(entries)
  }
}
