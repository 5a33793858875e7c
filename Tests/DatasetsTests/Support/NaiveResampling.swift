/// Resizing written out: each output pixel is the mean of the input pixels within reach, weighted by a
/// triangle; lines first, then columns, each rounded.
///
/// - Parameters:
///   - verticalStep: input rows that an output row stands for; `horizontalStep`: columns alike.
func naivelyResampled(
  _ image: PackedImage, height: Int, width: Int, verticalStep: Double, horizontalStep: Double
) -> PackedImage {
  func value(_ pixels: [UInt8], _ row: Int, _ column: Int, _ channel: Int, width: Int) -> Double {
    Double(pixels[(row * width + column) * image.channels + channel])
  }
  func mean(_ output: Int, of outputs: Int, from inputs: Int, step: Double, at: (Int) -> Double)
    -> UInt8
  {
    let center = (Double(inputs) - step * Double(outputs)) / 2 + (Double(output) + 0.5) * step
    let reach = max(1, step)
    var sum = 0.0
    var weights = 0.0
    for input in 0..<inputs {
      let weight = max(0, 1 - abs(Double(input) + 0.5 - center) / reach)
      if weight > 0 { sum += weight * at(input) }
      weights += weight
    }
    return UInt8((sum / weights).rounded())
  }
  var lines: [UInt8] = []
  for row in 0..<image.height {
    for column in 0..<width {
      for channel in 0..<image.channels {
        lines.append(
          mean(column, of: width, from: image.width, step: horizontalStep) {
            value(image.pixels, row, $0, channel, width: image.width)
          })
      }
    }
  }
  var pixels: [UInt8] = []
  for row in 0..<height {
    for column in 0..<width {
      for channel in 0..<image.channels {
        pixels.append(
          mean(row, of: height, from: image.height, step: verticalStep) {
            value(lines, $0, column, channel, width: width)
          })
      }
    }
  }
  return PackedImage(height: height, width: width, channels: image.channels, pixels: pixels)
}

/// The largest difference of two images' values.
func largestDifference(_ left: [UInt8], _ right: [UInt8]) -> Int {
  zip(left, right).map { abs(Int($0) - Int($1)) }.max() ?? 0
}
