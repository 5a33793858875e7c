/// Resizes a part of an image with a triangle filter that covers at least one input pixel: bilinear enlarging,
/// reduction without aliasing.
///
/// - Parameters:
///   - source: rows of `width` × `channels`.
///   - region: inside the image; nothing outside it is read.
///   - target: height × width × channels.
package func resize(
  _ source: UnsafeBufferPointer<UInt8>, width: Int, channels: Int, _ region: PixelRectangle,
  to target: UnsafeMutableBufferPointer<UInt8>, height newHeight: Int, width newWidth: Int
) {
  let rows = TriangleFilter(from: region.height, to: newHeight)
  let columns = TriangleFilter(from: region.width, to: newWidth)
  let length = region.width * channels
  // Adding it rounds to whole numbers, whose lowest bits are those of the sum.
  let wholeNumbers = Float(0x1.8p23)
  // Rows are summed first. All output pixels read the same number of input pixels, some with weight zero and beyond the
  // last, and each as four numbers.
  let beyond = columns.most * channels + 4
  withUnsafeTemporaryAllocation(of: Float.self, capacity: length + beyond) { line in
    let line = line.baseAddress!
    (line + length).update(repeating: 0, count: beyond)
    for row in 0..<newHeight {
      sum(
        source.baseAddress! + (region.top * width + region.left) * channels,
        stride: width * channels, rows, row, to: line, count: length)
      var output = target.baseAddress! + row * newWidth * channels
      columns.forEach { first, weights, count in
        let input = line + first &* channels
        if channels == 3 {
          var sum = UnsafeRawPointer(input).loadUnaligned(as: SIMD4<Float>.self) * weights[0]
          var tap = 1
          while tap < count {
            sum +=
              UnsafeRawPointer(input + 3 &* tap).loadUnaligned(as: SIMD4<Float>.self)
              * weights[tap]
            tap &+= 1
          }
          sum += wholeNumbers
          output[0] = UInt8(truncatingIfNeeded: sum[0].bitPattern)
          output[1] = UInt8(truncatingIfNeeded: sum[1].bitPattern)
          output[2] = UInt8(truncatingIfNeeded: sum[2].bitPattern)
        } else {
          for channel in 0..<channels {
            var sum: Float = 0
            for tap in 0..<count { sum += input[tap &* channels &+ channel] * weights[tap] }
            output[channel] = UInt8(truncatingIfNeeded: (sum + wholeNumbers).bitPattern)
          }
        }
        output += channels
      }
    }
  }
}

/// The weighted sum of the rows that contribute to one output row.
private func sum(
  _ source: UnsafePointer<UInt8>, stride: Int, _ rows: TriangleFilter, _ row: Int,
  to line: UnsafeMutablePointer<Float>, count: Int
) {
  let first = rows.first[row]
  for tap in 0..<rows.count[row] {
    let weight = rows.weights[row * rows.most + tap]
    let input = source + (first + tap) * stride
    if tap == 0 {
      for index in 0..<count { line[index] = weight * Float(input[index]) }
    } else {
      for index in 0..<count { line[index] += weight * Float(input[index]) }
    }
  }
}

/// For each output pixel of a line, the contributing input pixels and their weights, which sum to one.
private struct TriangleFilter {
  /// The largest number of input pixels of one output pixel.
  let most: Int
  private(set) var first: [Int]
  private(set) var count: [Int]
  /// `most` for each output pixel.
  private(set) var weights: [Float]

  init(from: Int, to: Int) {
    let step = Double(from) / Double(to)
    let reach = max(step, 1)
    most = min(from, Int((2 * reach).rounded(.up)) + 1)
    first = [Int](repeating: 0, count: to)
    count = [Int](repeating: 0, count: to)
    weights = [Float](repeating: 0, count: to * most)
    for output in 0..<to {
      let center = (Double(output) + 0.5) * step
      // The pixels whose middles are nearer than the reach.
      let low = max(0, Int((center - reach + 0.5).rounded(.down)))
      let high = min(from, Int((center + reach + 0.5).rounded(.down)), low + most)
      first[output] = low
      count[output] = high - low
      var total = 0.0
      for input in low..<high { total += share(input, center, reach) }
      for input in low..<high {
        weights[output * most + input - low] = Float(share(input, center, reach) / total)
      }
    }
  }

  /// Calls a function with the first input pixel of each output pixel, and `most` weights.
  @inline(__always)
  func forEach(_ body: (_ first: Int, _ weights: UnsafePointer<Float>, _ count: Int) -> Void) {
    first.withUnsafeBufferPointer { first in
      weights.withUnsafeBufferPointer { weights in
        guard var own = weights.baseAddress else { return }
        for first in first {
          body(first, own, most)
          own += most
        }
      }
    }
  }

  private func share(_ input: Int, _ center: Double, _ reach: Double) -> Double {
    max(0, 1 - abs(Double(input) + 0.5 - center) / reach)
  }
}
