import Basics

/// The preprocessing of packed images.
///
/// Pixels are normalised. If the network's input is smaller than the image (with its border), the centre is cropped,
/// unless an augmentation step of training chooses a different crop. Evaluation uses only steps that are not random.
package struct Preprocessing: Sendable {
  package var normalization: Normalization
  /// In the order of application; at most one of each kind.
  package let augmentation: [any AugmentationStep]

  /// - Parameter augmentation: in any order; each step determines its own position.
  /// - Precondition: keywords are distinct.
  package init(
    _ normalization: Normalization = .centered(.image, scale: 1.0 / 64),
    augmentation: [any AugmentationStep] = []
  ) {
    self.normalization = normalization
    self.augmentation = augmentation.sorted {
      ($0.place, $0.keyword) < ($1.place, $1.keyword)
    }
    precondition(
      Set(augmentation.map(\.keyword)).count == augmentation.count, "one step of a kind at most")
  }

  /// The number of pixels added on each side of an image.
  package var border: Int { augmentation.reduce(0) { $0 + $1.border } }

  /// The step that makes images different each time, or dependent on others; the last of several, `nil` for none.
  /// What follows it cannot be computed once per image.
  package var unrepeatableStep: (any AugmentationStep)? {
    augmentation.last { !$0.traits.isRepeatable(normalizesByBatch: false) }
  }
}

extension Preprocessing: Hashable {
  private var steps: [AnyHashable] { augmentation.map { AnyHashable($0) } }

  package static func == (one: Preprocessing, other: Preprocessing) -> Bool {
    one.normalization == other.normalization && one.steps == other.steps
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(normalization)
    hasher.combine(steps)
  }
}

extension Preprocessing: ValueConvertible {
  /// The first three steps have entries even if they are not used, as before other steps existed, so that
  /// fingerprints do not change. Any other step has an entry only if it is used.
  package var value: Value {
    var entries = normalization.entries
    entries[Mirror.keyword] = false
    entries[RandomCrop.keyword] = "center"
    entries[Padding.keyword] = 0
    for step in augmentation { entries[step.keyword] = step.setting }
    return .map(entries)
  }
}
