import Basics
import Datasets
import Definitions
import Planning

/// What must be known of a trained network for its weights to be used elsewhere: what it reads, and what its scores
/// mean.
struct NetworkDescription {
  var stage: String
  var work: TrainWork
  var mean: MeanImage

  static let format = 1

  /// What is subtracted from each channel where it is the same for all pixels, of pixel values 0…1; `nil` for a mean
  /// image.
  private var channelMeans: [Double]? {
    let channels = mean.shape.channels
    let first = mean.values.prefix(channels)
    guard mean.values.indices.allSatisfy({ mean.values[$0] == first[$0 % channels] }) else {
      return nil
    }
    if case .fixed(let stated, _) = work.preprocessing.normalization { return stated }
    return first.map { Double($0) / 255 }
  }

  /// Whether a mean image has to go with the weights.
  var needsMeanImage: Bool { channelMeans == nil }

  /// `mean` and `deviation` as torchvision's `Normalize` takes them, of pixel values 0…1 in the order red, green, blue.
  ///
  /// - Parameter meanFile: the name of the file with the mean image, where there is one.
  private func normalization(meanFile: String?) -> Value {
    let deviation: [Double] =
      switch work.preprocessing.normalization {
      case .fixed(_, let deviation): deviation
      case .centered(_, let scale), .given(_, let scale):
        Array(repeating: 1 / (255 * scale), count: mean.shape.channels)
      }
    var entries: [String: Value] = ["deviation": .list(deviation.map(Value.number))]
    if let channelMeans {
      entries["mean"] = .list(channelMeans.map(Value.number))
    } else if let meanFile {
      // Of pixel values 0…255, channels × height × width, as large as the images before they are cropped.
      entries["mean-image"] = .string(meanFile)
    }
    return .map(entries)
  }

  func value(meanFile: String?) -> Value {
    [
      "format": .integer(NetworkDescription.format), "stage": .string(stage),
      "input": .list(work.network.input.dimensions.map(Value.integer)),
      "images": .list(mean.shape.dimensions.map(Value.integer)),
      "classes": .list(work.classes.map(Value.string)),
      "normalization": normalization(meanFile: meanFile),
    ]
  }

  /// The same for the header of a safetensors file, where every value is a text.
  func metadata(meanFile: String?) -> [String: String] {
    (value(meanFile: meanFile).asMap ?? [:]).reduce(into: [:]) { texts, entry in
      texts["cambium.\(entry.key)"] = entry.value.asString ?? entry.value.json()
    }
  }
}
