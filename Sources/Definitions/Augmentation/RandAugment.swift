import Basics

/// Some of fourteen changes, drawn for each image, of one magnitude (Cubuk, Zoph, Shlens and Le, *RandAugment:
/// Practical automated data augmentation with a reduced search space*, 2020).
///
/// torchvision's RandAugment: its changes, their ranges in 31 bins, the nearest pixel, black outside the image.
package struct RandAugment: AugmentationStep {
  /// The number of changes, one after the other.
  package var operations: Int
  /// The bin of the magnitude, 0 to 30.
  package var magnitude: Int

  package static let usualOperations = 2
  package static let usualMagnitude = 9
  package static let largestMagnitude = 30

  package init(operations: Int = usualOperations, magnitude: Int = usualMagnitude) {
    self.operations = operations
    self.magnitude = magnitude
  }

  package static var keyword: String { "rand-augment" }
  package var setting: Value {
    ["operations": .integer(operations), "magnitude": .integer(magnitude)]
  }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: StepPlace { .pixels }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "rand-augment", clause: "images are changed by RandAugment")
  }

  /// In torchvision's order.
  package enum Change: Int, CaseIterable, Sendable {
    case identity, shearAcross, shearDown, translateAcross, translateDown, rotate, brightness
    case color, contrast, sharpness, posterize, solarize, autoContrast, equalize
  }

  /// The changes of an image, in order, each with whether its magnitude is negative.
  package func changes(_ draws: StepDraws) -> [(change: Change, isNegative: Bool)] {
    (0..<UInt64(operations)).map { operation in
      let index = draws.integer(below: Change.allCases.count, 2 * operation)
      return (Change.allCases[index], draws.integer(below: 2, 2 * operation + 1) == 1)
    }
  }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {
    for (change, isNegative) in changes(draws) { apply(change, isNegative, to: image) }
  }

  package func apply(_ change: Change, _ isNegative: Bool, to image: AugmentedImage) {
    let share = Double(magnitude) / Double(RandAugment.largestMagnitude)
    let signed = isNegative ? -share : share
    let channels = image.channels
    switch change {
    case .identity: break
    case .shearAcross:
      image.apply(.shear(across: 0.3 * signed, down: 0, height: image.height, width: image.width))
    case .shearDown:
      image.apply(.shear(across: 0, down: 0.3 * signed, height: image.height, width: image.width))
    case .translateAcross:
      image.apply(.translation(across: Int(150.0 / 331 * Double(image.width) * signed), down: 0))
    case .translateDown:
      image.apply(.translation(across: 0, down: Int(150.0 / 331 * Double(image.height) * signed)))
    case .rotate: image.apply(.rotation(degrees: 30 * signed))
    case .brightness: image.edit { scaleBrightness(of: $0, by: 1 + 0.9 * signed) }
    case .color:
      image.edit { scaleSaturation(of: $0, channels: channels, by: 1 + 0.9 * signed) }
    case .contrast: image.edit { scaleContrast(of: $0, channels: channels, by: 1 + 0.9 * signed) }
    case .sharpness:
      image.rewrite { source, target in
        sharpen(
          source, height: image.height, width: image.width, channels: channels,
          by: 1 + 0.9 * signed, to: target)
      }
    case .posterize:
      image.edit { posterize($0, bits: 8 - Int((4 * share).rounded(.toNearestOrEven))) }
    case .solarize: image.edit { solarize($0, from: 255 * (1 - share)) }
    case .autoContrast: image.edit { stretchContrast(of: $0, channels: channels) }
    case .equalize: image.edit { equalize($0, channels: channels) }
    }
  }
}
