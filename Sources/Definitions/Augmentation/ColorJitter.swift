import Basics

/// Brightness, contrast, saturation and hue change at random, in random order: torchvision's ColorJitter.
package struct ColorJitter: AugmentationStep {
  /// Factors are uniform between max(0, 1 − x) and 1 + x.
  package var brightness: Double
  package var contrast: Double
  package var saturation: Double
  /// The hue is shifted by a share of the circle, uniform between −x and x; at most ½.
  package var hue: Double

  package init(
    brightness: Double = 0, contrast: Double = 0, saturation: Double = 0, hue: Double = 0
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  package static var keyword: String { "color-jitter" }
  package var setting: Value {
    [
      "brightness": .number(brightness), "contrast": .number(contrast),
      "saturation": .number(saturation), "hue": .number(hue),
    ]
  }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: StepPlace { .pixels }
  package var needsColor: Bool { saturation > 0 || hue > 0 }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: "color-jitter", clause: "colours change at random")
  }

  /// A change of colours.
  package enum Change: Hashable, Sendable {
    case brightness(Double)
    case contrast(Double)
    case saturation(Double)
    case hue(Double)
  }

  /// The changes of an image, in order.
  package func changes(_ draws: StepDraws) -> [Change] {
    func factor(_ extent: Double, _ lane: UInt64) -> Double {
      draws.uniform(max(0, 1 - extent), 1 + extent, lane)
    }
    // Fisher–Yates, in lanes 0 to 2.
    var order = [0, 1, 2, 3]
    for last in stride(from: 3, to: 0, by: -1) {
      order.swapAt(last, draws.integer(below: last + 1, UInt64(last - 1)))
    }
    return order.compactMap { kind in
      switch kind {
      case 0: brightness > 0 ? .brightness(factor(brightness, 3)) : nil
      case 1: contrast > 0 ? .contrast(factor(contrast, 4)) : nil
      case 2: saturation > 0 ? .saturation(factor(saturation, 5)) : nil
      default: hue > 0 ? .hue(draws.uniform(-hue, hue, 6)) : nil
      }
    }
  }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {
    let changes = changes(draws)
    image.edit { pixels in
      for change in changes { change.apply(to: pixels, channels: image.channels) }
    }
  }
}

extension ColorJitter.Change {
  /// Changes height × width × channels pixels.
  package func apply(to pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int) {
    switch self {
    case .brightness(let factor): scaleBrightness(of: pixels, by: factor)
    case .contrast(let factor): scaleContrast(of: pixels, channels: channels, by: factor)
    case .saturation(let factor): scaleSaturation(of: pixels, channels: channels, by: factor)
    case .hue(let shift): shiftHue(of: pixels, channels: channels, by: shift)
    }
  }
}
