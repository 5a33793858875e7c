import Basics
import Definitions

/// Turns packed images into network inputs: augmented, cropped, mean subtracted, scaled.
///
/// A value v of channel c at (y, x) of the packed image becomes (v − mean(y, x, c)) · scale(c). The mean is cropped and
/// mirrored with the image, as in Caffe. Padding has the value of the mean, hence zero. Where steps change pixels
/// after the crop, padding has the mean colour, and the mean is continued by it.
package struct BatchAssembler: Sendable {
  /// The network's input: channels × height × width.
  package let input: Shape
  private let dataset: PackedDataset
  private let mean: MeanImage
  private let preprocessing: Preprocessing
  private let writer: ViewWriter
  /// The mean of an image with its border; only if steps change pixels.
  private let wideMean: WideMean?
  private let threads: Int

  /// - Parameter threads: the number of threads that decode the images of a batch, if they are encoded. Batches do not
  ///   depend on it.
  /// - Throws: `DiagnosticError` if the network's input has a different number of channels than the images, or is
  ///   larger than an image with its padding.
  package init(
    dataset: PackedDataset, mean: MeanImage, preprocessing: Preprocessing, input: Shape,
    threads: Int = 1
  ) throws {
    precondition(mean.shape == dataset.shape, "the mean image has the size of the packed images")
    let image = dataset.shape
    guard input.isSpatial, input.channels == image.channels else {
      throw DiagnosticError(
        "the network reads \(input), but the dataset's images are \(image): channels differ",
        notes: [.init("set the dataset's 'channels', or the network's 'input'")])
    }
    let border = 2 * preprocessing.border
    guard input.height <= image.height + border, input.width <= image.width + border else {
      let padded = preprocessing.border > 0 ? " with padding \(preprocessing.border)" : ""
      throw DiagnosticError(
        "the network's input \(input) is larger than the dataset's images, \(image)\(padded)",
        notes: [.init("set the dataset's 'size' to at least the network's input")])
    }
    self.input = input
    self.threads = threads
    self.dataset = dataset
    self.mean = mean
    self.preprocessing = preprocessing
    wideMean =
      preprocessing.augmentation.contains { !$0.place.isView && $0.place.phase == 0 }
      ? WideMean(mean, border: preprocessing.border) : nil
    let channels = preprocessing.normalization.scales(channels: image.channels).map(Float.init)
    writer = ViewWriter(
      input: input, image: image, border: preprocessing.border,
      scales: (0..<input.width * image.channels).map { channels[$0 % image.channels] })
  }

  /// Fills a batch without randomness: random steps are left out.
  ///
  /// - Throws: `DamagedImage` if an image cannot be decoded.
  package func assemble(
    _ examples: Examples, _ range: Range<Int>, into batch: inout ImageBatch
  ) throws {
    // Nothing is drawn from the stream.
    let steps = Steps(
      preprocessing.augmentation.filter { !$0.traits.isRandom }, RandomStream(seed: 0))
    try fill(&batch, Rows(examples: examples, order: nil, range: range), steps)
    batch.setMixture(share: nil)
  }

  /// Fills a batch for training.
  ///
  /// - Parameters:
  ///   - order: the order of examples in the epoch; the batch takes the positions `range` of it.
  ///   - stream: the random stream of the epoch; the draws for an image depend only on it and the image's position in
  ///     the order.
  /// - Throws: `DamagedImage` if an image cannot be decoded.
  package func assemble(
    _ examples: Examples, order: [Int], _ range: Range<Int>, stream: RandomStream,
    into batch: inout ImageBatch
  ) throws {
    let steps = Steps(preprocessing.augmentation, stream)
    try fill(&batch, Rows(examples: examples, order: order, range: range), steps)
    batch.setMixture(share: mix(&batch, at: UInt64(range.lowerBound), stream))
  }

  /// Mixes the images of a batch; of several steps that do, one is drawn.
  ///
  /// - Returns: the share of each image's own class; `nil` if no step mixes images.
  private func mix(
    _ batch: inout ImageBatch, at position: UInt64, _ stream: RandomStream
  ) -> Float? {
    let mixing = preprocessing.augmentation.filter { $0.place == .batch }
    guard !mixing.isEmpty else { return nil }
    let choice = stream.stream(for: "mix").integer(below: mixing.count, at: position)
    let draws = StepDraws(stream: mixing[choice].stream(of: stream), position: position)
    let count = batch.count
    return batch.images.withUnsafeMutableBufferPointer {
      mixing[choice].mix($0, count: count, of: input, draws)
    }
  }

  /// The steps applied to some images, and the random numbers of each.
  private struct Steps: Sendable {
    private var steps: [(step: any AugmentationStep, stream: RandomStream)]

    init(_ steps: [any AugmentationStep], _ epoch: RandomStream) {
      self.steps = steps.map { ($0, $0.stream(of: epoch)) }
    }

    func change(_ image: AugmentedImage, at position: UInt64) {
      for (step, stream) in steps {
        step.change(image, StepDraws(stream: stream, position: position))
      }
    }
  }

  /// The images of a batch.
  private struct Rows: Sendable {
    var examples: Examples
    /// The order of examples in the epoch; `nil` for their own.
    var order: [Int]?
    /// The positions in that order.
    var range: Range<Int>

    /// The example of a row, and its position in the epoch.
    subscript(row: Int) -> (example: Int, position: Int) {
      let position = range.lowerBound + row
      return (order?[position] ?? position, position)
    }
  }

  /// The memory of a batch's images. Several threads write to it, each its own rows, and the batch is not used until all of
  /// them have ended.
  private struct Destination: @unchecked Sendable {
    var images: UnsafeMutableBufferPointer<Float>
  }

  private func fill(_ batch: inout ImageBatch, _ rows: Rows, _ steps: Steps) throws {
    let count = rows.range.count
    precondition(
      count <= batch.capacity && batch.images.count >= count * input.count,
      "the batch has room for its images")
    batch.count = count
    for row in 0..<count { batch.labels[row] = rows.examples.labels[rows[row].example] }
    // Pixels that need no decoding are assembled faster than threads start.
    let share = dataset.isEncoded ? (count + threads - 1) / threads : count
    try batch.images.withUnsafeMutableBufferPointer { images in
      let destination = Destination(images: images)
      let parts = stride(from: 0, to: count, by: max(1, share)).map {
        $0..<min($0 + share, count)
      }
      guard parts.count > 1 else {
        try fill(destination, 0..<count, rows, steps)
        return
      }
      _ = try parallelMap(parts, threads: threads, unless: .never) {
        try fill(destination, $0, rows, steps)
      }
    }
  }

  /// Fills some rows of a batch.
  private func fill(
    _ destination: Destination, _ part: Range<Int>, _ rows: Rows, _ steps: Steps
  ) throws {
    let reader = PackedDataset.Reader(dataset)
    let image = AugmentedImage(
      input: input, stored: dataset.shape, border: preprocessing.border,
      paddingColor: wideMean?.paddingColor ?? [])
    try mean.values.withUnsafeBufferPointer { mean in
      for index in part {
        let (example, position) = rows[index]
        try reader.withPixels(of: rows.examples.images[example]) { stored in
          image.begin(stored)
          steps.change(image, at: UInt64(position))
          let start = index * input.count
          let output = UnsafeMutableBufferPointer(
            rebasing: destination.images[start..<start + input.count])
          if let pixels = image.plainPixels {
            writer.write(pixels, mean, image.view, to: output)
          } else if let wideMean {
            let pixels = image.finish()
            if let view = image.meanView {
              wideMean.subtract(view, from: pixels, input, writer.scales, to: output)
            }
          }
          for square in image.erased { erase(square, output) }
        }
      }
    }
  }

  /// Sets a part of an input to zero.
  private func erase(_ part: PixelRectangle, _ output: UnsafeMutableBufferPointer<Float>) {
    let columns = max(0, part.left)..<max(0, part.left, min(input.width, part.left + part.width))
    for row in max(0, part.top)..<max(0, part.top, min(input.height, part.top + part.height)) {
      let line = row * input.width
      output[
        (line + columns.lowerBound) * input.channels..<(line + columns.upperBound) * input.channels
      ].update(repeating: 0)
    }
  }
}
