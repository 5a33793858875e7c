import Basics

/// A property of an image file that its packed pixels do not show, or that tools treat differently. Traits are
/// counted, so that differences from other tools' results can be explained.
package enum ImageTrait: String, Hashable, Sendable, CaseIterable {
  /// An EXIF orientation other than upright, which is ignored.
  case orientation
  /// One that is applied.
  case turned
  /// Pixels that are not opaque.
  case transparency
  /// A gamma that is not sRGB's.
  case gamma
  case cmyk
  /// More than 8 bits per sample.
  case deep = "16-bit"
  /// Harmless warnings of the decoder.
  case warnings
}

extension ImageTrait {
  /// The remark for a number of images: `3 images with an EXIF orientation, which is ignored`.
  package func remark(_ count: Int) -> String {
    let images = count == 1 ? "1 image" : "\(count) images"
    return switch self {
    case .orientation: "\(images) with an EXIF orientation other than upright, which is ignored"
    case .turned:
      "\(images) turned upright, as \(count == 1 ? "its" : "their") EXIF orientation says"
    case .transparency: "\(images) with transparency, composited onto white"
    case .gamma: "\(images) with a gamma of \(count == 1 ? "its" : "their") own, converted to sRGB"
    case .cmyk: "\(images) in CMYK, converted to RGB without a colour profile"
    case .deep: "\(images) with 16 bits per sample, reduced to 8"
    case .warnings: "\(images) with harmless warnings of the JPEG decoder"
    }
  }
}

extension ImageTrait {
  /// The number of images with each trait, by name.
  package static func value(of counts: [ImageTrait: Int]) -> Value {
    .map(Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, .integer($0.value)) }))
  }

  /// Reads the output of `value`; `nil` for anything else.
  package static func counts(_ value: Value) -> [ImageTrait: Int]? {
    guard let entries = value.asMap else { return nil }
    var counts: [ImageTrait: Int] = [:]
    for (name, count) in entries {
      guard let trait = ImageTrait(rawValue: name), let count = count.asInteger, count >= 0 else {
        return nil
      }
      counts[trait] = count
    }
    return counts
  }
}
