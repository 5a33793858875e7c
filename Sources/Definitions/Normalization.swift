import Basics

/// How the pixel values 0…255 of an image become the numbers that a network reads.
package enum Normalization: Hashable, Sendable {
  package enum Mean: String, Hashable, Sendable, CaseIterable {
    /// The mean of the task's training images, pixel by pixel.
    case image
    /// The mean colour of the task's training images.
    case color
    case none
  }

  /// (v − mean) · scale, with a mean that is computed from the images trained on.
  case centered(Mean, scale: Double)
  /// (v − mean) · scale, with a mean image or mean colour from a file.
  case given(MeanFile, scale: Double)
  /// (v / 255 − mean) / deviation with given numbers for each channel (red, green, blue, or grey), as published
  /// weights expect it.
  case fixed(mean: [Double], deviation: [Double])

  /// What weights published for PyTorch expect that were trained on ImageNet (torchvision's documentation).
  package static let imageNet = Normalization.fixed(
    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  /// The file with the mean; `nil` if there is none.
  package var file: MeanFile? {
    if case .given(let file, _) = self { file } else { nil }
  }

  /// What each value of a channel is multiplied by, once its mean is subtracted.
  package func scales(channels: Int) -> [Double] {
    switch self {
    case .centered(_, let scale), .given(_, let scale): Array(repeating: scale, count: channels)
    case .fixed(_, let deviation): deviation.map { 1 / (255 * $0) }
    }
  }

  /// The settings by their keys in a pipeline file.
  var entries: [String: Value] {
    switch self {
    case .centered(let mean, let scale):
      ["mean": .string(mean.rawValue), "scale": .number(scale)]
    case .given(let file, let scale):
      ["mean": file.value, "scale": .number(scale)]
    case .fixed(let mean, let deviation):
      [
        "normalize": [
          "mean": .list(mean.map(Value.number)), "deviation": .list(deviation.map(Value.number)),
        ]
      ]
    }
  }
}

/// A file with a mean image, or with a mean colour.
package struct MeanFile: Hashable, Sendable {
  /// The name of its tensor, channels × height × width in the order red, green, blue, of pixel values 0…255.
  package static let tensor = "mean"

  /// Relative paths start at the pipeline file's folder.
  package var path: String
  /// The digest of the content at planning time; `nil` before.
  package var content: Fingerprint?

  package init(path: String, content: Fingerprint? = nil) {
    self.path = path
    self.content = content
  }

  /// The content, wherever the file is.
  var value: Value { ["file": content.map { .string($0.hexadecimal) } ?? .null] }
}
