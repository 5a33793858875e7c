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
      (examples.images[range.lowerBound + row], examples.labels[range.lowerBound + row], .center)
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

  /// How one image is looked at.
  private enum View {
    case center
    /// The crop's corner in the padded image, and whether it is mirrored.
    case crop(top: Int, left: Int, mirrored: Bool)
  }

  private func view(at position: UInt64, stream: RandomStream) -> View {
    guard preprocessing.isRandom else { return .center }
    let mirrored =
      preprocessing.mirror && stream.integer(below: 2, at: position, lane: 2) == 1
    switch preprocessing.crop {
    case .center:
      return .crop(top: freedom.vertical / 2, left: freedom.horizontal / 2, mirrored: mirrored)
    case .random:
      return .crop(
        top: stream.integer(below: freedom.vertical + 1, at: position, lane: 0),
        left: stream.integer(below: freedom.horizontal + 1, at: position, lane: 1),
        mirrored: mirrored)
    }
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
          let output = UnsafeMutableBufferPointer(rebasing: images[start..<start + input.count])
          let pixels = dataset.pixels(of: image)
          switch view {
          case .center:
            write(
              pixels, mean, to: output, top: freedom.vertical / 2, left: freedom.horizontal / 2,
              mirrored: false)
          case .crop(let top, let left, let mirrored):
            write(pixels, mean, to: output, top: top, left: left, mirrored: mirrored)
          }
        }
      }
    }
  }

  // MARK: Pixels

  /// Writes one crop, whose corner is at (top, left) of the padded image.
  private func write(
    _ pixels: UnsafeBufferPointer<UInt8>, _ mean: UnsafeBufferPointer<Float>,
    to output: UnsafeMutableBufferPointer<Float>, top: Int, left: Int, mirrored: Bool
  ) {
    let channels = input.channels
    let image = dataset.shape
    let firstRow = top - preprocessing.padding
    let firstColumn = left - preprocessing.padding
    // The columns of the crop that lie on the image, not on the padding.
    let columns = max(0, -firstColumn)..<max(0, min(input.width, image.width - firstColumn))
    let isWhole =
      columns == 0..<input.width && firstRow >= 0 && firstRow + input.height <= image.height
    if !isWhole { output.update(repeating: 0) }
    guard !columns.isEmpty else { return }
    for row in 0..<input.height {
      let sourceRow = firstRow + row
      guard sourceRow >= 0, sourceRow < image.height else { continue }
      let source = (sourceRow * image.width + firstColumn + columns.lowerBound) * channels
      let count = columns.count * channels
      let line = output.baseAddress! + row * input.width * channels
      if mirrored {
        // The crop's column x lands in column width − 1 − x.
        var target = (input.width - 1 - columns.lowerBound) * channels
        for column in 0..<columns.count {
          for channel in 0..<channels {
            let index = source + column * channels + channel
            line[target + channel] = (Float(pixels[index]) - mean[index]) * scale
          }
          target -= channels
        }
      } else {
        let target = line + columns.lowerBound * channels
        let from = pixels.baseAddress! + source
        let minus = mean.baseAddress! + source
        for index in 0..<count { target[index] = (Float(from[index]) - minus[index]) * scale }
      }
    }
  }
}
