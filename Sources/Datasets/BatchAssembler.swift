import Basics
import Definitions

/// Turns packed images into what a network reads: mean subtracted, scaled, cropped, mirrored.
///
/// A value v of channel c at (y, x) of the packed image becomes (v − mean(y, x, c)) · scale. The mean is
/// cropped and mirrored with the image, as Caffe does. Padding counts as mean-valued, hence zero.
package struct BatchAssembler: Sendable {
  /// The network's input: channels × height × width.
  package let input: Shape
  private let dataset: PackedDataset
  private let mean: MeanImage
  private let preprocessing: Preprocessing
  private let scale: Float
  /// How far the crop's upper left corner may move from the padded image's.
  private let freedom: (vertical: Int, horizontal: Int)

  /// - Throws: `DiagnosticError` where the network's input has other channels than the images, or does
  ///   not fit into an image with its padding.
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
    freedom = (
      image.height + 2 * preprocessing.padding - input.height,
      image.width + 2 * preprocessing.padding - input.width
    )
    guard freedom.vertical >= 0, freedom.horizontal >= 0 else {
      let padded = preprocessing.padding > 0 ? " with padding \(preprocessing.padding)" : ""
      throw DiagnosticError(
        "the network's input \(input) is larger than the dataset's images, \(image)\(padded)",
        notes: [.init("set the dataset's 'size' to at least the network's input")])
    }
    self.input = input
    self.dataset = dataset
    self.mean = mean
    self.preprocessing = preprocessing
    scale = Float(preprocessing.scale)
  }

  /// Fills a batch without any randomness: centre crops, no mirroring.
  package func assemble(_ examples: Examples, _ range: Range<Int>, into batch: inout ImageBatch) {
    fill(&batch, count: range.count) { row in
      (examples.images[range.lowerBound + row], examples.labels[range.lowerBound + row], centered)
    }
  }

  /// Fills a batch for training.
  ///
  /// - Parameters:
  ///   - order: an epoch's order of examples; the batch takes the positions `range` of it.
  ///   - stream: the epoch's random stream; what is drawn for an image depends on it and the image's
  ///     position in the order alone.
  package func assemble(
    _ examples: Examples, order: [Int], _ range: Range<Int>, stream: RandomStream,
    into batch: inout ImageBatch
  ) {
    fill(&batch, count: range.count) { row in
      let position = range.lowerBound + row
      let example = order[position]
      return (
        examples.images[example], examples.labels[example],
        view(at: UInt64(position), stream: stream)
      )
    }
  }

  // MARK: Views

  /// How one image is looked at: the crop's corner in the padded image, and whether it is mirrored.
  private struct View {
    var top: Int
    var left: Int
    var mirrored = false
  }

  private var centered: View { View(top: freedom.vertical / 2, left: freedom.horizontal / 2) }

  private func view(at position: UInt64, stream: RandomStream) -> View {
    var view = centered
    if preprocessing.crop == .random {
      view.top = stream.integer(below: freedom.vertical + 1, at: position, lane: 0)
      view.left = stream.integer(below: freedom.horizontal + 1, at: position, lane: 1)
    }
    if preprocessing.mirror {
      view.mirrored = stream.integer(below: 2, at: position, lane: 2) == 1
    }
    return view
  }

  private func fill(
    _ batch: inout ImageBatch, count: Int,
    row: (Int) -> (image: Int, label: Int32, view: View)
  ) {
    precondition(
      count <= batch.capacity && batch.images.count >= count * input.count,
      "the batch has room for its images")
    batch.count = count
    batch.images.withUnsafeMutableBufferPointer { images in
      mean.values.withUnsafeBufferPointer { mean in
        for index in 0..<count {
          let (image, label, view) = row(index)
          batch.labels[index] = label
          let start = index * input.count
          write(
            dataset.pixels(of: image), mean, view,
            to: UnsafeMutableBufferPointer(rebasing: images[start..<start + input.count]))
        }
      }
    }
  }

  // MARK: Pixels

  /// Which rows or columns of a crop lie on the image, not on the padding.
  ///
  /// - Parameter first: where in the image the crop begins.
  private func overlap(first: Int, crop: Int, image: Int) -> Range<Int> {
    let start = max(0, -first)
    return start..<max(start, min(crop, image - first))
  }

  /// Writes one view of an image.
  private func write(
    _ pixels: UnsafeBufferPointer<UInt8>, _ mean: UnsafeBufferPointer<Float>, _ view: View,
    to output: UnsafeMutableBufferPointer<Float>
  ) {
    let channels = input.channels
    let image = dataset.shape
    let firstRow = view.top - preprocessing.padding
    let firstColumn = view.left - preprocessing.padding
    let rows = overlap(first: firstRow, crop: input.height, image: image.height)
    let columns = overlap(first: firstColumn, crop: input.width, image: image.width)
    if rows.count < input.height || columns.count < input.width { output.update(repeating: 0) }
    for row in rows {
      let source =
        ((firstRow + row) * image.width + firstColumn + columns.lowerBound) * channels
      let line = row * input.width * channels
      if view.mirrored {
        // The crop's column x lands in column width − 1 − x.
        var target = line + (input.width - 1 - columns.lowerBound) * channels
        for column in 0..<columns.count {
          for channel in 0..<channels {
            let index = source + column * channels + channel
            output[target + channel] = (Float(pixels[index]) - mean[index]) * scale
          }
          target -= channels
        }
      } else {
        let target = line + columns.lowerBound * channels
        for index in 0..<columns.count * channels {
          output[target + index] = (Float(pixels[source + index]) - mean[source + index]) * scale
        }
      }
    }
  }
}
