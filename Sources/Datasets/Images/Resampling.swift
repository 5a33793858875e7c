import Definitions

/// Resizing with a triangle filter.
///
/// Each output pixel is the weighted mean of the input pixels around its position. Weights decrease linearly to zero
/// at a distance of one output pixel (one input pixel when enlarging), so that reduction does not alias. The two
/// directions are processed one after the other, each rounded to 0…255. Weights are integer multiples of 2⁻¹⁴ that
/// sum to one: results are the same on every machine, and an image that already has the size is returned unchanged.
extension DecodedImage {
  /// The image at another size.
  func resized(to size: DatasetDefinition.Size, fit: DatasetDefinition.Fit) -> DecodedImage {
    guard size.height != height || size.width != width else { return self }
    var verticalStep = Double(height) / Double(size.height)
    var horizontalStep = Double(width) / Double(size.width)
    if fit == .crop {
      // One step for both directions, the largest that leaves no edge uncovered.
      let step = min(verticalStep, horizontalStep)
      verticalStep = step
      horizontalStep = step
    }
    let columns = ResamplingFilter(from: width, to: size.width, step: horizontalStep)
    let rows = ResamplingFilter(from: height, to: size.height, step: verticalStep)
    return resampledAcross(columns, width: size.width).resampledDown(rows, height: size.height)
  }

  private func resampledAcross(_ filter: ResamplingFilter, width newWidth: Int) -> DecodedImage {
    var result = [UInt8](repeating: 0, count: height * newWidth * channels)
    result.withUnsafeMutableBufferPointer { result in
      pixels.withUnsafeBufferPointer { pixels in
        filter.weights.withUnsafeBufferPointer { weights in
          var output = 0
          for row in 0..<height {
            for tap in filter.taps {
              for channel in 0..<channels {
                var sum = ResamplingFilter.half
                var input = (row * width + tap.first) * channels + channel
                for index in tap.weights {
                  sum &+= weights[index] &* Int32(pixels[input])
                  input += channels
                }
                result[output] = UInt8(sum >> ResamplingFilter.bits)
                output += 1
              }
            }
          }
        }
      }
    }
    return DecodedImage(height: height, width: newWidth, channels: channels, pixels: result)
  }

  private func resampledDown(_ filter: ResamplingFilter, height newHeight: Int) -> DecodedImage {
    let length = width * channels
    var result = [UInt8](repeating: 0, count: newHeight * length)
    var sums = [Int32](repeating: 0, count: length)
    sums.withUnsafeMutableBufferPointer { sums in
      result.withUnsafeMutableBufferPointer { result in
        pixels.withUnsafeBufferPointer { pixels in
          for (row, tap) in filter.taps.enumerated() {
            sums.update(repeating: ResamplingFilter.half)
            for (offset, index) in tap.weights.enumerated() {
              let weight = filter.weights[index]
              let input = (tap.first + offset) * length
              for column in 0..<length { sums[column] &+= weight &* Int32(pixels[input + column]) }
            }
            let output = row * length
            for column in 0..<length {
              result[output + column] = UInt8(
                truncatingIfNeeded: sums[column] >> ResamplingFilter.bits)
            }
          }
        }
      }
    }
    return DecodedImage(height: newHeight, width: width, channels: channels, pixels: result)
  }
}

/// For each output pixel of a line, the contributing input pixels and their weights.
struct ResamplingFilter {
  struct Tap {
    /// The first input pixel.
    var first: Int
    /// The range of this pixel's weights in `weights`.
    var weights: Range<Int>
  }

  private(set) var taps: [Tap] = []
  /// In units of 2^−bits; the weights of one tap sum to one, and none is negative.
  private(set) var weights: [Int32] = []

  static let bits: Int32 = 14
  static let half: Int32 = 1 << 13

  /// - Parameters:
  ///   - from: input pixels.
  ///   - to: output pixels.
  ///   - step: input pixels per output pixel; if the input is not fully covered, its middle is.
  init(from: Int, to: Int, step: Double) {
    let reach = max(step, 1)
    let start = (Double(from) - step * Double(to)) / 2
    for output in 0..<to {
      let center = start + (Double(output) + 0.5) * step
      let first = max(0, Int((center - reach).rounded(.down)))
      let last = min(from - 1, Int((center + reach).rounded(.up)))
      let shares = (first...last).map { max(0, 1 - abs(Double($0) + 0.5 - center) / reach) }
      append(shares, first: first)
    }
  }

  private mutating func append(_ shares: [Double], first: Int) {
    let total = shares.reduce(0, +)
    let one = Double(1 << ResamplingFilter.bits)
    taps.append(Tap(first: first, weights: weights.count..<weights.count + shares.count))
    // The running sum is rounded, so that the weights sum to one however many there are.
    var sum = 0.0
    var given: Int32 = 0
    for share in shares {
      sum += share
      let due = Int32((sum / total * one).rounded())
      weights.append(due - given)
      given = due
    }
  }
}
