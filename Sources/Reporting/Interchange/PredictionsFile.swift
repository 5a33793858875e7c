import Results

/// Predictions as a file for other programs, written piece by piece: first `start`, then `rows` again and again.
package struct PredictionsFile {
  package enum Format: String, CaseIterable, Sendable {
    /// A line for each image: its number, its name, its label, the class of the greatest value (empty if a value is not a number), and a
    /// column for each class.
    case csv
    /// An array of images × classes in NumPy's format, of 32-bit floats.
    case npy
  }

  private let format: Format
  private let classes: [String]

  package init(_ format: Format, classes: [String]) {
    self.format = format
    self.classes = classes
  }

  /// - Parameter images: how many predictions follow.
  package func start(images: Int) -> [UInt8] {
    switch format {
    case .csv:
      return Array(csvText([["image", "name", "label", "prediction"] + classes]).utf8)
    case .npy:
      return NumPyHeader(.float32, shape: [images, classes.count]).bytes
    }
  }

  package func rows(_ predictions: [Prediction]) -> [UInt8] {
    switch format {
    case .csv:
      let rows = predictions.map { prediction in
        [
          "\(prediction.image)", prediction.name, classes[prediction.label],
          prediction.predicted.map { classes[$0] } ?? "",
        ] + prediction.values.map { "\($0)" }
      }
      return Array(csvText(rows).utf8)
    case .npy:
      var bytes: [UInt8] = []
      for prediction in predictions {
        for value in prediction.values {
          withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
      }
      return bytes
    }
  }
}
