import Results

/// Predictions as a file for other programs, written piece by piece: first `start`, then `rows` again and again.
package struct PredictionsFile {
  package enum Format: String, CaseIterable, Sendable {
    /// A line for each image: its number, its label, the class of the greatest value (empty if a value is not a number), and a
    /// column for each class.
    case csv
    /// An array of images × classes in NumPy's format, little-endian 32-bit floats
    /// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0).
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
      return Array(csvText([["image", "label", "prediction"] + classes]).utf8)
    case .npy:
      var text =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (\(images), \(classes.count)), }"
      // Signature, version and length take ten bytes; the numbers begin at a multiple of 64.
      while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
      text += "\n"
      let length = UInt16(text.utf8.count)
      return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)]
        + Array(text.utf8)
    }
  }

  package func rows(_ predictions: [Prediction]) -> [UInt8] {
    switch format {
    case .csv:
      let rows = predictions.map { prediction in
        [
          "\(prediction.image)", classes[prediction.label],
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
