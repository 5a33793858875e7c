import Definitions

/// The mean of images with a border around them: the mean image, continued by its mean colour.
struct WideMean: Sendable {
  /// The mean colour, rounded.
  let paddingColor: [UInt8]
  private let width: Int
  private let values: [Float]

  init(_ mean: MeanImage, border: Int) {
    let shape = mean.shape
    let channels = shape.channels
    let color = (0..<channels).map { channel in
      let sum = stride(from: channel, to: mean.values.count, by: channels).reduce(0.0) {
        $0 + Double(mean.values[$1])
      }
      return Float(sum / Double(shape.height * shape.width))
    }
    width = shape.width + 2 * border
    var values: [Float] = []
    for row in -border..<shape.height + border {
      for column in -border..<shape.width + border {
        let start = (row * shape.width + column) * channels
        let isInside = 0..<shape.height ~= row && 0..<shape.width ~= column
        values += isInside ? Array(mean.values[start..<start + channels]) : color
      }
    }
    self.values = values
    paddingColor = color.map { UInt8(max(0, min(255, $0.rounded()))) }
  }

  /// Writes a network's input.
  ///
  /// - Parameters:
  ///   - view: where the mean is that belongs to the pixels.
  ///   - pixels: of the input, height × width × channels.
  ///   - scales: by channel, repeated for every pixel of a row.
  func subtract(
    _ view: ImageView, from pixels: UnsafeBufferPointer<UInt8>, _ input: Shape, _ scales: [Float],
    to output: UnsafeMutableBufferPointer<Float>
  ) {
    let channels = input.channels
    let length = input.width * channels
    values.withUnsafeBufferPointer { mean in
      scales.withUnsafeBufferPointer { scales in
        for row in 0..<input.height {
          let start = ((view.top + row) * width + view.left) * channels
          let line = row * length
          if view.isMirrored {
            for column in 0..<input.width {
              let target = line + column * channels
              let source = start + (input.width - 1 - column) * channels
              for channel in 0..<channels {
                output[target + channel] =
                  (Float(pixels[target + channel]) - mean[source + channel]) * scales[channel]
              }
            }
          } else {
            for index in 0..<length {
              output[line + index] =
                (Float(pixels[line + index]) - mean[start + index]) * scales[index]
            }
          }
        }
      }
    }
  }
}
