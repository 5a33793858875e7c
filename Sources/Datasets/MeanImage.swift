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
  /// - Throws: `DamagedImage` if an image cannot be decoded; `Interrupted`.
  package init?(
    _ normalization: Normalization, of images: [Int], in dataset: PackedDataset,
    threads: Int = 1, unless stop: StopCheck = .never
  ) throws {
    switch normalization {
    case .centered(let mean, _):
      try self.init(mean, of: images, in: dataset, threads: threads, unless: stop)
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
  ///
  /// - Parameter threads: the number of threads that decode images.
  /// - Throws: `DamagedImage` if an image cannot be decoded; `Interrupted`.
  package init(
    _ kind: Normalization.Mean, of images: [Int], in dataset: PackedDataset, threads: Int = 1,
    unless stop: StopCheck = .never
  ) throws {
    shape = dataset.shape
    guard kind != .none, !images.isEmpty else {
      values = Array(repeating: 0, count: shape.count)
      return
    }
    let sums = try MeanImage.sums(of: images, in: dataset, threads: threads, unless: stop)
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

  /// Images whose sums one thread computes at a time.
  private static let block = 1 << 12

  /// The sum over the images for each pixel and channel.
  private static func sums(
    of images: [Int], in dataset: PackedDataset, threads: Int, unless stop: StopCheck
  ) throws -> [UInt64] {
    var sums = [UInt64](repeating: 0, count: dataset.shape.count)
    // A few blocks at a time, so that memory is bounded.
    let round = block * max(1, threads)
    for start in stride(from: 0, to: images.count, by: round) {
      let end = min(start + round, images.count)
      // A round that is not full is divided among the threads, too.
      let share = (end - start + max(1, threads) - 1) / max(1, threads)
      let blocks = stride(from: start, to: end, by: share).map { $0..<min($0 + share, end) }
      let partial = try parallelMap(blocks, threads: threads, unless: stop) {
        try partialSums(of: images[$0], in: dataset, unless: stop)
      }
      guard partial.count == blocks.count else { throw Interrupted() }
      for part in partial {
        for index in sums.indices { sums[index] += UInt64(part[index]) }
      }
    }
    return sums
  }

  /// The same for at most `block` images: 32-bit sums are twice as fast as 64-bit ones, and have room for 2²⁴ images
  /// of 255.
  private static func partialSums(
    of images: ArraySlice<Int>, in dataset: PackedDataset, unless stop: StopCheck
  ) throws -> [UInt32] {
    let length = dataset.shape.count
    let reader = PackedDataset.Reader(dataset)
    var sums = [UInt32](repeating: 0, count: length)
    try sums.withUnsafeMutableBufferPointer { sums in
      for image in images {
        try stop.check()
        try reader.withPixels(of: image) { pixels in
          for index in 0..<length { sums[index] &+= UInt32(pixels[index]) }
        }
      }
    }
    return sums
  }
}
