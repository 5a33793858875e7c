import Basics

/// The preprocessing of packed images.
///
/// Pixels are normalised. If the network's input is smaller than the image (with its border), the centre is cropped,
/// unless an augmentation step of training chooses a different crop. Evaluation uses only steps that are not random.
package struct Preprocessing: Sendable {
  package var normalization: Normalization
  /// In the order of application; at most one of each kind.
  package let augmentation: [any AugmentationStep]

  /// - Parameter augmentation: in order. Neighbours that only choose a view of the pixels can be in any order.
  /// - Precondition: `AugmentationProblem(steps)` finds none.
  package init(
    _ normalization: Normalization = .centered(.image, scale: 1.0 / 64),
    augmentation: [any AugmentationStep] = []
  ) {
    precondition(AugmentationProblem(augmentation) == nil, "the steps can follow each other")
    self.normalization = normalization
    // One order for lists that say the same.
    var ordered: [any AugmentationStep] = []
    for step in augmentation {
      var place = ordered.count
      if step.place.isView {
        while place > 0, ordered[place - 1].place.isView, step.place < ordered[place - 1].place {
          place -= 1
        }
      }
      ordered.insert(step, at: place)
    }
    self.augmentation = ordered
  }

  /// The number of pixels added on each side of an image.
  package var border: Int { augmentation.reduce(0) { $0 + $1.border } }

  /// The step that makes images different each time, or dependent on others; the last of several, `nil` for none.
  /// What follows it cannot be computed once per image.
  package var unrepeatableStep: (any AugmentationStep)? {
    augmentation.last { !$0.traits.isRepeatable(normalizesByBatch: false) }
  }
}

/// Why some steps cannot follow each other.
package enum AugmentationProblem: Hashable, Sendable {
  /// One kind of step is listed twice.
  case twice(earlier: Int, later: Int)
  /// Both steps choose the network's input.
  case twoCrops(earlier: Int, later: Int)
  /// A step on images follows one on the network's input or on the batch, or one on the network's input one on the
  /// batch.
  case tooLate(earlier: Int, later: Int)

  /// The first problem; `nil` if there is none.
  package init?(_ steps: [any AugmentationStep]) {
    for (later, step) in steps.enumerated() {
      let before = steps[..<later]
      if let earlier = before.firstIndex(where: { $0.keyword == step.keyword }) {
        self = .twice(earlier: earlier, later: later)
        return
      }
      if step.place.isCrop, let earlier = before.firstIndex(where: { $0.place.isCrop }) {
        self = .twoCrops(earlier: earlier, later: later)
        return
      }
      if let earlier = before.firstIndex(where: { $0.place.phase > step.place.phase }) {
        self = .tooLate(earlier: earlier, later: later)
        return
      }
    }
    return nil
  }
}

extension Preprocessing: Hashable {
  package static func == (one: Preprocessing, other: Preprocessing) -> Bool {
    one.normalization == other.normalization
      && one.augmentation.count == other.augmentation.count
      && zip(one.augmentation, other.augmentation).allSatisfy { $0.equals($1) }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(normalization)
    for step in augmentation { step.hash(into: &hasher) }
  }
}

extension AugmentationStep {
  /// Whether another step is of the same kind and equal.
  fileprivate func equals(_ other: any AugmentationStep) -> Bool {
    guard type(of: other) == Self.self, let other = other as? Self else { return false }
    return self == other
  }
}

extension Preprocessing: ValueConvertible {
  /// Views have entries even if they are not used, as before other steps existed, so that fingerprints do not change.
  /// With any other step there is a list of all.
  package var value: Value {
    var entries = normalization.entries
    if augmentation.allSatisfy({ $0.place.isView }) {
      entries[Mirror.keyword] = false
      entries[RandomCrop.keyword] = "center"
      entries[Padding.keyword] = 0
      for step in augmentation { entries[step.keyword] = step.setting }
    } else {
      entries[SettingKey.augmentation] = .list(
        augmentation.map { .map([$0.keyword: $0.setting]) })
    }
    return .map(entries)
  }
}
