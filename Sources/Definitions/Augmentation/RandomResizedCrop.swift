import Basics
import Glibc

/// A part of the image, of random area and ratio of its sides, is resized to the network's input.
///
/// torchvision's RandomResizedCrop: bilinear with antialiasing. The area is a uniform share of the image's, the
/// logarithm of width / height is uniform; of ten tries the first that fits is taken, else the largest part in the
/// centre whose ratio is allowed.
package struct RandomResizedCrop: AugmentationStep {
  /// The least and the largest share of the image's area.
  package var scale: ClosedRange<Double>
  /// The least and the largest width / height.
  package var ratio: ClosedRange<Double>

  package static let usualScale = 0.08...1
  package static let usualRatio = 3.0 / 4...4.0 / 3

  package init(
    scale: ClosedRange<Double> = usualScale, ratio: ClosedRange<Double> = usualRatio
  ) {
    self.scale = scale
    self.ratio = ratio
  }

  package static var keyword: String { "random-resized-crop" }
  package var setting: Value {
    [
      "scale": [.number(scale.lowerBound), .number(scale.upperBound)],
      "ratio": [.number(ratio.lowerBound), .number(ratio.upperBound)],
    ]
  }
  package var traits: Traits { Traits(isRandom: true, scope: .image) }
  package var place: StepPlace { .resampledCrop }
  package var effect: AugmentationEffect {
    AugmentationEffect(name: keyword, clause: "images are randomly resized crops")
  }

  package static let tries = 10

  /// The part of an image that is resized.
  package func region(height: Int, width: Int, _ draws: StepDraws) -> PixelRectangle {
    let area = Double(height * width)
    let logarithms = (log(ratio.lowerBound), log(ratio.upperBound))
    for attempt in 0..<UInt64(RandomResizedCrop.tries) {
      let target = area * draws.uniform(scale.lowerBound, scale.upperBound, 4 * attempt)
      let aspect = exp(draws.uniform(logarithms.0, logarithms.1, 4 * attempt + 1))
      let newWidth = (target * aspect).squareRoot().rounded(.toNearestOrEven)
      let newHeight = (target / aspect).squareRoot().rounded(.toNearestOrEven)
      guard newWidth > 0, newWidth <= Double(width), newHeight > 0, newHeight <= Double(height)
      else { continue }
      let (w, h) = (Int(newWidth), Int(newHeight))
      return PixelRectangle(
        top: draws.integer(below: height - h + 1, 4 * attempt + 2),
        left: draws.integer(below: width - w + 1, 4 * attempt + 3), height: h, width: w)
    }
    var (h, w) = (height, width)
    let own = Double(width) / Double(height)
    if own < ratio.lowerBound {
      h = Int((Double(w) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if own > ratio.upperBound {
      w = Int((Double(h) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    // Extreme ratios round to nothing.
    (h, w) = (min(max(h, 1), height), min(max(w, 1), width))
    return PixelRectangle(top: (height - h) / 2, left: (width - w) / 2, height: h, width: w)
  }

  package func change(_ image: AugmentedImage, _ draws: StepDraws) {
    image.resample { source, target in
      resize(
        source, width: image.width, channels: image.channels,
        region(height: image.height, width: image.width, draws), to: target,
        height: image.input.height, width: image.input.width)
    }
  }
}
