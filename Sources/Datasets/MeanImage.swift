import Basics
import Definitions

/// The mean that is subtracted from images: one value per pixel and channel.
package struct MeanImage: Hashable, Sendable {
  /// channels × height × width, as for the packed images.
  package let shape: Shape
  /// height × width × channels.
  package let values: [Float]

  /// From values computed earlier.
  package init(shape: Shape, values: [Float]) {
    precondition(values.count == shape.count, "one value for each pixel and channel")
    self.shape = shape
    self.values = values
  }

  /// What a normalization subtracts: computed over images of a dataset, or the numbers that it gives.
  ///
  /// - Returns: `nil` for a mean that is in a file.
  package init?(_ normalization: Normalization, of images: [Int], in dataset: PackedDataset) {
    switch normalization {
    case .centered(let mean, _):
      self.init(mean, of: images, in: dataset)
    case .given: return nil
    case .fixed(let mean, _):
      let color = mean.map { Float(255 * $0) }
      self.init(
        shape: dataset.shape,
        values: (0..<dataset.shape.count).map { color[$0 % dataset.shape.channels] })
    }
  }

  /// Computes the mean over images of a dataset.
  ///
  /// Sums are integers, so the result is exact up to one rounding and does not depend on any order. A mean colour is
  /// repeated for every pixel; `none` is zero everywhere.
  package init(_ kind: Normalization.Mean, of images: [Int], in dataset: PackedDataset) {
    shape = dataset.shape
    guard kind != .none, !images.isEmpty else {
      values = Array(repeating: 0, count: shape.count)
      return
    }
    let sums = MeanImage.sums(of: images, in: dataset)
    switch kind {
    case .image:
      values = sums.map { Float(Double($0) / Double(images.count)) }
    case .color, .none:
      let channels = shape.channels
      let pixels = shape.height * shape.width
      let color = (0..<channels).map { channel in
        let sum = stride(from: channel, to: sums.count, by: channels).reduce(UInt64(0)) {
          $0 + sums[$1]
        }
        return Float(Double(sum) / Double(images.count * pixels))
      }
      values = (0..<sums.count).map { color[$0 % channels] }
    }
  }

  /// The sum over the images for each pixel and channel.
  private static func sums(of images: [Int], in dataset: PackedDataset) -> [UInt64] {
    // 32-bit sums are twice as fast as 64-bit ones and have room for 2²⁴ images of 255; they are flushed well before
    // that.
    let block = 1 << 16
    let length = dataset.shape.count
    var sums = [UInt64](repeating: 0, count: length)
    var partial = [UInt32](repeating: 0, count: length)
    for start in stride(from: 0, to: images.count, by: block) {
      partial.withUnsafeMutableBufferPointer { partial in
        partial.update(repeating: 0)
        for image in images[start..<min(start + block, images.count)] {
          let pixels = dataset.pixels(of: image)
          for index in 0..<length { partial[index] &+= UInt32(pixels[index]) }
        }
      }
      for index in 0..<length { sums[index] += UInt64(partial[index]) }
    }
    return sums
  }
}
