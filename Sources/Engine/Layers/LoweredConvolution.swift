import Kernels

/// Convolution as matrix products over lowered images (im2col): supports every shape, and is the reference for tests
/// of faster algorithms.
///
/// An image is lowered a few output rows at a time, so that the lowered matrix stays in cache between being written
/// and being multiplied; the number of rows depends only on the shape.
package final class LoweredConvolution: ConvolutionAlgorithm {
  private let blas: BLAS
  private let geometry: ConvolutionGeometry
  private let window: Window
  /// The number of output rows lowered at once.
  private let rowsAtOnce: Int
  /// Whether windows are single pixels, so that the image is its own lowered matrix.
  private let isPointwise: Bool
  private var weights: UnsafePointer<Float>?
  private var biases: UnsafePointer<Float>?
  private let use: ConvolutionUse

  /// With fewer locations at once, OpenBLAS spends too much of its time packing the weights.
  private static let fewestPlaces = 256

  /// - Throws: `DiagnosticError` if OpenBLAS cannot be used.
  package init(_ geometry: ConvolutionGeometry, _ use: ConvolutionUse) throws {
    blas = try BLAS.required()
    self.geometry = geometry
    window = Window(
      height: geometry.input.height, width: geometry.input.width,
      channels: geometry.input.channels, kernel: geometry.kernel, stride: geometry.stride,
      padding: geometry.padding, outputHeight: geometry.output.height,
      outputWidth: geometry.output.width)
    isPointwise = geometry.kernel == 1 && geometry.stride == 1 && geometry.padding == 0
    let width = geometry.output.width
    let rows = (LoweredConvolution.fewestPlaces + width - 1) / width
    rowsAtOnce = isPointwise ? geometry.output.height : min(rows, geometry.output.height)
    self.use = use
    let parts = BlockSchedule.chunks(images: use.maximumBatch, blockImages: 1).parts
    if use.learns { use.scratch.reserveShared(parts * geometry.weightCount) }
    use.scratch.reserve(
      max(isPointwise ? 0 : rowsAtOnce * width * geometry.fanIn, geometry.fanIn))
  }

  /// Sums of weight gradients, one for each part of a batch.
  private var partials: Floats? { use.learns ? use.scratch.shared : nil }

  package var blockImages: Int { 1 }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    self.weights = weights
    self.biases = biases
  }

  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {}

  package func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, finish: OutputFinish,
    scratch: Floats
  ) {
    let channels = geometry.output.channels
    for image in 0..<images {
      let values = output + image * geometry.output.count
      forEachTile { tile in
        let columns = lowered(input + image * geometry.input.count, tile, scratch)
        blas.multiply(
          columns, weightMatrix(tile.group).transposed, into: values + tile.outputOffset,
          stride: channels, m: tile.places, n: geometry.groupOutputs, k: geometry.fanIn)
      }
      if let biases {
        addToRows(values, biases, rows: geometry.output.count / channels, columns: channels)
      }
      finish.from(image * geometry.output.count).apply(
        to: values, into: values, rows: geometry.output.count / channels, channels: channels)
    }
  }

  package func schedule(images: Int) -> BlockSchedule { .chunks(images: images, blockImages: 1) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    let outputs = geometry.groupOutputs
    for image in 0..<block.images.count {
      let input = input + image * geometry.input.count
      let inputGradient = inputGradient.map { $0 + image * geometry.input.count }
      if let inputGradient, !isPointwise {
        inputGradient.update(repeating: 0, count: geometry.input.count)
      }
      forEachTile { tile in
        let gradient = Matrix(
          outputGradient + image * geometry.output.count + tile.outputOffset,
          stride: geometry.output.channels)
        if let partials {
          blas.multiply(
            gradient.transposed, lowered(input, tile, scratch),
            into: partials + block.part * geometry.weightCount
              + tile.group * outputs * geometry.fanIn,
            stride: geometry.fanIn, m: outputs, n: geometry.fanIn, k: tile.places,
            accumulating: !block.isFirstOfPart || image > 0 || tile.rows.lowerBound > 0)
        }
        if let inputGradient { raise(gradient, tile, into: inputGradient, scratch) }
      }
    }
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {}

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    guard let partials else { preconditionFailure("the weights do not learn") }
    let count = geometry.fanIn
    let first = partials + filter * count
    gradient.update(from: first, count: count)
    for part in 1..<max(schedule.parts, 1) {
      addRows(of: first + part * geometry.weightCount, rows: 1, columns: count, to: gradient)
    }
  }
}

extension LoweredConvolution {
  /// Some output rows of one group.
  private struct Tile {
    var group: Int
    var rows: Range<Int>
    var channels: Range<Int>
    /// The number of output locations in the rows.
    var places: Int
    /// The offset of the tile's first output value.
    var outputOffset: Int
  }

  private func forEachTile(_ body: (Tile) -> Void) {
    let height = geometry.output.height
    let width = geometry.output.width
    for group in 0..<geometry.groups {
      for first in stride(from: 0, to: height, by: rowsAtOnce) {
        let rows = first..<min(first + rowsAtOnce, height)
        let inputs = geometry.groupInputs
        body(
          Tile(
            group: group, rows: rows, channels: group * inputs..<(group + 1) * inputs,
            places: rows.count * width,
            outputOffset: first * width * geometry.output.channels + group * geometry.groupOutputs))
      }
    }
  }

  private func weightMatrix(_ group: Int) -> Matrix {
    guard let weights else { preconditionFailure("the convolution has no weights yet") }
    return Matrix(
      weights + group * geometry.groupOutputs * geometry.fanIn, stride: geometry.fanIn)
  }

  /// locations × fan-in: the tile's windows, in `scratch` or in the image itself.
  private func lowered(
    _ input: UnsafePointer<Float>, _ tile: Tile, _ scratch: Floats
  ) -> Matrix {
    if isPointwise {
      return Matrix(input + tile.channels.lowerBound, stride: geometry.input.channels)
    }
    window.lower(input, channels: tile.channels, rows: tile.rows, into: scratch)
    return Matrix(scratch, stride: geometry.fanIn)
  }

  private func raise(
    _ gradient: Matrix, _ tile: Tile, into inputGradient: Floats, _ scratch: Floats
  ) {
    let target = isPointwise ? inputGradient + tile.channels.lowerBound : scratch
    blas.multiply(
      gradient, weightMatrix(tile.group), into: target,
      stride: isPointwise ? geometry.input.channels : geometry.fanIn, m: tile.places,
      n: geometry.fanIn, k: geometry.groupOutputs)
    if !isPointwise {
      window.raise(scratch, channels: tile.channels, rows: tile.rows, into: inputGradient)
    }
  }
}
