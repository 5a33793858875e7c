import Basics
import Definitions

/// Turns packed images into network inputs: mean subtracted, scaled, cropped, mirrored.
///
/// A value v of channel c at (y, x) of the packed image becomes (v − mean(y, x, c)) · scale(c). The mean is cropped and
/// mirrored with the image, as in Caffe. Padding has the value of the mean, hence zero.
package struct BatchAssembler: Sendable {
  /// The network's input: channels × height × width.
  package let input: Shape
  private let dataset: PackedDataset
  private let mean: MeanImage
  private let preprocessing: Preprocessing
  /// By channel, repeated for every pixel of a row of the input.
  private let scales: [Float]
  private let freedom: ImageView.Freedom

  /// - Throws: `DiagnosticError` if the network's input has a different number of channels than the images, or is
  ///   larger than an image with its padding.
  package init(
    dataset: PackedDataset, mean: MeanImage, preprocessing: Preprocessing, input: Shape
  ) throws {
    precondition(mean.shape == dataset.shape, "the mean image has the size of the packed images")
    let image = dataset.shape
    guard input.isSpatial, input.channels == image.channels else {
      throw DiagnosticError(
        "the network reads \(input), but the dataset's images are \(image): channels differ",
        notes: [.init("set the dataset's 'channels', or the network's 'input'")])
    }
    freedom = ImageView.Freedom(
      vertical: image.height + 2 * preprocessing.border - input.height,
      horizontal: image.width + 2 * preprocessing.border - input.width)
    guard freedom.vertical >= 0, freedom.horizontal >= 0 else {
      let padded = preprocessing.border > 0 ? " with padding \(preprocessing.border)" : ""
      throw DiagnosticError(
        "the network's input \(input) is larger than the dataset's images, \(image)\(padded)",
        notes: [.init("set the dataset's 'size' to at least the network's input")])
    }
    self.input = input
    self.dataset = dataset
    self.mean = mean
    self.preprocessing = preprocessing
    let channels = preprocessing.normalization.scales(channels: image.channels).map(Float.init)
    scales = (0..<input.width * image.channels).map { channels[$0 % image.channels] }
  }

  /// Fills a batch without randomness: random steps are left out.
  package func assemble(_ examples: Examples, _ range: Range<Int>, into batch: inout ImageBatch) {
    // Nothing is drawn from the stream.
    let steps = Steps(preprocessing.augmentation.filter { !$0.traits.isRandom })
    fill(&batch, examples, count: range.count, steps, stream: RandomStream(seed: 0)) { row in
      (range.lowerBound + row, range.lowerBound + row)
    }
  }

  /// Fills a batch for training.
  ///
  /// - Parameters:
  ///   - order: the order of examples in the epoch; the batch takes the positions `range` of it.
  ///   - stream: the random stream of the epoch; the draws for an image depend only on it and the image's position in
  ///     the order.
  package func assemble(
    _ examples: Examples, order: [Int], _ range: Range<Int>, stream: RandomStream,
    into batch: inout ImageBatch
  ) {
    let steps = Steps(preprocessing.augmentation)
    fill(&batch, examples, count: range.count, steps, stream: stream) { row in
      (order[range.lowerBound + row], range.lowerBound + row)
    }
  }

  /// The steps applied to some images.
  private struct Steps {
    /// Steps on the stored pixels, and other steps.
    let pixels: [any AugmentationStep]
    let view: [any AugmentationStep]

    init(_ steps: [any AugmentationStep]) {
      pixels = steps.filter { $0.place == .pixels }
      view = steps.filter { $0.place != .pixels }
    }
  }

  /// - Parameter row: maps a row of the batch to the example and its position in the epoch.
  private func fill(
    _ batch: inout ImageBatch, _ examples: Examples, count: Int, _ steps: Steps,
    stream: RandomStream, row: (Int) -> (example: Int, position: Int)
  ) {
    precondition(
      count <= batch.capacity && batch.images.count >= count * input.count,
      "the batch has room for its images")
    batch.count = count
    // Only if stored pixels are changed.
    var changed = [UInt8](repeating: 0, count: steps.pixels.isEmpty ? 0 : dataset.shape.count)
    batch.images.withUnsafeMutableBufferPointer { images in
      mean.values.withUnsafeBufferPointer { mean in
        for index in 0..<count {
          let (example, position) = row(index)
          batch.labels[index] = examples.labels[example]
          var view = ImageView(centeredIn: freedom)
          for step in steps.view { step.change(&view, at: UInt64(position), stream: stream) }
          let start = index * input.count
          let output = UnsafeMutableBufferPointer(
            rebasing: images[start..<start + input.count])
          let pixels = dataset.pixels(of: examples.images[example])
          guard !steps.pixels.isEmpty else {
            write(pixels, mean, view, to: output)
            continue
          }
          changed.withUnsafeMutableBufferPointer { changed in
            _ = changed.update(from: pixels)
            for step in steps.pixels {
              step.change(changed, of: dataset.shape, at: UInt64(position), stream: stream)
            }
            write(UnsafeBufferPointer(changed), mean, view, to: output)
          }
        }
      }
    }
  }

  // MARK: Pixels

  /// The rows or columns of a crop that are on the image, not on the padding.
  ///
  /// - Parameter first: where in the image the crop begins.
  private func overlap(first: Int, crop: Int, image: Int) -> Range<Int> {
    let start = max(0, -first)
    return start..<max(start, min(crop, image - first))
  }

  /// Writes one view of an image.
  private func write(
    _ pixels: UnsafeBufferPointer<UInt8>, _ mean: UnsafeBufferPointer<Float>, _ view: ImageView,
    to output: UnsafeMutableBufferPointer<Float>
  ) {
    let channels = input.channels
    let image = dataset.shape
    let firstRow = view.top - preprocessing.border
    let firstColumn = view.left - preprocessing.border
    let rows = overlap(first: firstRow, crop: input.height, image: image.height)
    let columns = overlap(first: firstColumn, crop: input.width, image: image.width)
    if rows.count < input.height || columns.count < input.width { output.update(repeating: 0) }
    scales.withUnsafeBufferPointer { scales in
      for row in rows {
        let source =
          ((firstRow + row) * image.width + firstColumn + columns.lowerBound) * channels
        let line = row * input.width * channels
        if view.isMirrored {
          // Column x of the crop is stored in column width − 1 − x.
          var target = line + (input.width - 1 - columns.lowerBound) * channels
          for column in 0..<columns.count {
            for channel in 0..<channels {
              let index = source + column * channels + channel
              output[target + channel] = (Float(pixels[index]) - mean[index]) * scales[channel]
            }
            target -= channels
          }
        } else {
          let target = line + columns.lowerBound * channels
          for index in 0..<columns.count * channels {
            output[target + index] =
              (Float(pixels[source + index]) - mean[source + index]) * scales[index]
          }
        }
      }
    }
  }
}
