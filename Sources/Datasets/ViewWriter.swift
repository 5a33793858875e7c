import Definitions

/// Writes views of packed images as network inputs: (v − mean) · scale, cropped and mirrored.
struct ViewWriter: Sendable {
  /// The network's input: channels × height × width.
  let input: Shape
  /// The packed images.
  let image: Shape
  /// The padding on each side.
  let border: Int
  /// By channel, repeated for every pixel of a row of the input.
  let scales: [Float]

  /// - Parameters:
  ///   - pixels: an image, of its size.
  ///   - mean: as many values.
  ///   - output: as many values as the input has.
  func write(
    _ pixels: UnsafeBufferPointer<UInt8>, _ mean: UnsafeBufferPointer<Float>, _ view: ImageView,
    to output: UnsafeMutableBufferPointer<Float>
  ) {
    let channels = input.channels
    let firstRow = view.top - border
    let firstColumn = view.left - border
    let rows = overlap(first: firstRow, crop: input.height, image: image.height)
    let columns = overlap(first: firstColumn, crop: input.width, image: image.width)
    if rows.count < input.height || columns.count < input.width { output.update(repeating: 0) }
    let count = columns.count * channels
    guard count > 0, let pixels = pixels.baseAddress, let mean = mean.baseAddress,
      let output = output.baseAddress
    else { return }
    // Column x of a mirrored crop is stored in column width − 1 − x.
    let target =
      (view.isMirrored ? input.width - columns.upperBound : columns.lowerBound) * channels
    // One value more than a row, since its pixels are copied in fours.
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count + 1) { line in
      guard let line = line.baseAddress else { return }
      line.initialize(repeating: 0, count: count + 1)
      scales.withUnsafeBufferPointer { scales in
        guard let scales = scales.baseAddress else { return }
        for row in rows {
          let source =
            ((firstRow + row) * image.width + firstColumn + columns.lowerBound) * channels
          let result = output + row * input.width * channels + target
          normalize(
            pixels + source, mean + source, scales, count, into: view.isMirrored ? line : result)
          if view.isMirrored { mirror(line, columns.count, into: result) }
        }
      }
    }
  }

  /// The rows or columns of a crop that are on the image, not on the padding.
  ///
  /// - Parameter first: where in the image the crop begins.
  private func overlap(first: Int, crop: Int, image: Int) -> Range<Int> {
    let start = max(0, -first)
    return start..<max(start, min(crop, image - first))
  }

  private func normalize(
    _ pixels: UnsafePointer<UInt8>, _ mean: UnsafePointer<Float>, _ scales: UnsafePointer<Float>,
    _ count: Int, into result: UnsafeMutablePointer<Float>
  ) {
    var index = 0
    while index + 8 <= count {
      let values = SIMD8<Float>(eight(pixels + index, as: SIMD8<UInt8>.self))
      let difference = values - eight(mean + index, as: SIMD8<Float>.self)
      UnsafeMutableRawPointer(result + index).storeBytes(
        of: difference * eight(scales + index, as: SIMD8<Float>.self), as: SIMD8<Float>.self)
      index += 8
    }
    while index < count {
      result[index] = (Float(pixels[index]) - mean[index]) * scales[index]
      index += 1
    }
  }

  private func eight<Vector: BitwiseCopyable>(
    _ start: UnsafeRawPointer, as type: Vector.Type
  ) -> Vector {
    start.loadUnaligned(as: type)
  }

  /// Copies the pixels of a row in reverse order.
  ///
  /// - Parameter line: the row, and one more value, which is read but not copied.
  private func mirror(
    _ line: UnsafePointer<Float>, _ pixels: Int, into result: UnsafeMutablePointer<Float>
  ) {
    let channels = input.channels
    var source = line + (pixels - 1) * channels
    var target = result
    if channels == 3 {
      // The fourth value of each is overwritten by the next pixel.
      for _ in 1..<pixels {
        UnsafeMutableRawPointer(target).storeBytes(
          of: UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self), as: SIMD4<Float>.self)
        target += 3
        source -= 3
      }
      target.update(from: source, count: 3)
    } else {
      for _ in 0..<pixels {
        target.update(from: source, count: channels)
        target += channels
        source -= channels
      }
    }
  }
}
