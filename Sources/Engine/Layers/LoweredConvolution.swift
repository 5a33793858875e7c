import Kernels

/// Convolution as matrix products over lowered images (im2col): serves every shape, and is what faster
/// algorithms are tested against.
///
/// An image is lowered some output rows at a time, so that the lowered matrix stays in cache between
/// being written and being multiplied; how many depends on the shape alone.
package final class LoweredConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let window: Window
  /// Output rows that are lowered at once.
  private let rowsAtOnce: Int
  /// Whether windows are pixels, so that the image is its own lowered matrix.
  private let isPointwise: Bool
  private var weights: Floats?

  /// Fewer places than this at once, and OpenBLAS spends too much of its time packing the weights.
  private static let fewestPlaces = 256

  package init(_ geometry: ConvolutionGeometry) {
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
  }

  package var scratchCount: Int {
    isPointwise ? 0 : rowsAtOnce * geometry.output.width * geometry.fanIn
  }

  package var partialCount: Int { geometry.weightCount }

  package func prepare(weights: Floats, on pool: ThreadPool) { self.weights = weights }

  package func forward(_ input: Floats, into output: Floats, scratch: Floats) {
    forEachTile { tile in
      let columns = lowered(input, tile, scratch)
      multiply(
        columns, weightMatrix(tile.group).transposed, into: output + tile.outputOffset,
        stride: geometry.output.channels, m: tile.places, n: geometry.groupOutputs,
        k: geometry.fanIn)
    }
  }

  package func backward(
    _ outputGradient: Floats, input: Floats, inputGradient: Floats?, partial: Floats?,
    accumulating: Bool, scratch: Floats
  ) {
    let outputs = geometry.groupOutputs
    if let inputGradient, !isPointwise {
      inputGradient.update(repeating: 0, count: geometry.input.count)
    }
    forEachTile { tile in
      let gradient = Matrix(
        outputGradient + tile.outputOffset, stride: geometry.output.channels)
      if let partial {
        multiply(
          gradient.transposed, lowered(input, tile, scratch),
          into: partial + tile.group * outputs * geometry.fanIn, stride: geometry.fanIn,
          m: outputs, n: geometry.fanIn, k: tile.places,
          accumulating: accumulating || tile.rows.lowerBound > 0)
      }
      if let inputGradient {
        raise(gradient, tile, into: inputGradient, scratch)
      }
    }
  }

  package func move(
    _ weights: Parameter, partials: Floats, parts: Int, by step: SolverStep, on pool: ThreadPool
  ) {
    weights.move(gradients: partials, parts: parts, by: step, on: pool)
  }
}

extension LoweredConvolution {
  /// Some output rows of one group.
  private struct Tile {
    var group: Int
    var rows: Range<Int>
    var channels: Range<Int>
    /// Output places in the rows.
    var places: Int
    /// Where the tile's first output value stands.
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

  /// places × fan-in: the tile's windows, in `scratch` or in the image itself.
  private func lowered(_ input: Floats, _ tile: Tile, _ scratch: Floats) -> Matrix {
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
    multiply(
      gradient, weightMatrix(tile.group), into: target,
      stride: isPointwise ? geometry.input.channels : geometry.fanIn, m: tile.places,
      n: geometry.fanIn, k: geometry.groupOutputs)
    if !isPointwise {
      window.raise(scratch, channels: tile.channels, rows: tile.rows, into: inputGradient)
    }
  }
}
