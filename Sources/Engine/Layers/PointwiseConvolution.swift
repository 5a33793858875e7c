import Kernels

/// Convolution with windows of a single pixel: the image is its own lowered matrix, and a few small images make one
/// product, so that OpenBLAS spends little of its time on packing weights. With a stride, pixels are gathered first.
package final class PointwiseConvolution: ConvolutionAlgorithm {
  private let blas: BLAS
  private let geometry: ConvolutionGeometry
  private let use: ConvolutionUse
  private let window: Window
  package let blockImages: Int
  private var weights: UnsafePointer<Float>?
  private var biases: UnsafePointer<Float>?

  /// Rows of a product that are worth packing the weights for.
  private static let goodRows = 512
  private static let mostImages = 16
  /// What the sums of weight gradients may take, all parts of a batch together, beyond the fewest parts.
  private static let sumBytes = 16 << 20
  private static let fewestParts = 4

  /// `nil` for a shape that is not served.
  ///
  /// - Throws: `DiagnosticError` where OpenBLAS cannot be used.
  package init?(_ geometry: ConvolutionGeometry, _ use: ConvolutionUse) throws {
    guard geometry.kernel == 1, geometry.padding == 0, geometry.groups == 1 else { return nil }
    blas = try BLAS.required()
    self.geometry = geometry
    self.use = use
    window = geometry.window
    let places = geometry.output.height * geometry.output.width
    blockImages = min(
      max(PointwiseConvolution.goodRows / places, 1), PointwiseConvolution.mostImages)
    gathered = geometry.stride == 1 ? 0 : blockImages * places * geometry.input.channels
    use.scratch.reserve(max(2 * gathered, 2 * geometry.fanIn + 32))
    if use.learns {
      use.scratch.reserveShared(schedule(images: use.maximumBatch).parts * geometry.weightCount)
    }
  }

  /// Floats of a block's gathered pixels; 0 where they need not be gathered.
  private let gathered: Int
  private var places: Int { geometry.output.height * geometry.output.width }
  private var inputs: Int { geometry.input.channels }
  private var filters: Int { geometry.output.channels }
  /// Sums of weight gradients, one for each part of a batch.
  private var partials: Floats? { use.learns ? use.scratch.shared : nil }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    self.weights = weights
    self.biases = biases
  }

  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {}

  private var weightMatrix: Matrix {
    guard let weights else { preconditionFailure("the convolution has no weights yet") }
    return Matrix(weights, stride: inputs)
  }

  /// images · places × inputs: the pixels that are read, in `scratch` or in the images themselves.
  private func pixels(
    _ input: UnsafePointer<Float>, images: Int, scratch: Floats
  ) -> Matrix {
    guard gathered > 0 else { return Matrix(input, stride: inputs) }
    for image in 0..<images {
      window.lower(
        input + image * geometry.input.count, channels: 0..<inputs,
        rows: 0..<geometry.output.height,
        into: scratch + image * places * inputs)
    }
    return Matrix(scratch, stride: inputs)
  }

  package func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, rectifies: Bool,
    scratch: Floats
  ) {
    blas.multiply(
      pixels(input, images: images, scratch: scratch), weightMatrix.transposed, into: output,
      stride: filters, m: images * places, n: filters, k: inputs)
    if let biases { addToRows(output, biases, rows: images * places, columns: filters) }
    if rectifies { rectify(output, count: images * geometry.output.count) }
  }

  package func schedule(images: Int) -> BlockSchedule {
    let bytes = geometry.weightCount * MemoryLayout<Float>.stride
    return .chunks(
      images: images, blockImages: blockImages,
      most: max(PointwiseConvolution.sumBytes / bytes, PointwiseConvolution.fewestParts))
  }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    let images = block.images.count
    let gradient = Matrix(outputGradient, stride: filters)
    if let partials {
      blas.multiply(
        gradient.transposed, pixels(input, images: images, scratch: scratch),
        into: partials + block.part * geometry.weightCount, stride: inputs, m: filters, n: inputs,
        k: images * places, accumulating: !block.isFirstOfPart)
    }
    guard let inputGradient else { return }
    let target = gathered > 0 ? scratch + gathered : inputGradient
    blas.multiply(
      gradient, weightMatrix, into: target, stride: inputs, m: images * places, n: inputs,
      k: filters)
    guard gathered > 0 else { return }
    inputGradient.update(repeating: 0, count: images * geometry.input.count)
    for image in 0..<images {
      window.raise(
        target + image * places * inputs, channels: 0..<inputs, rows: 0..<geometry.output.height,
        into: inputGradient + image * geometry.input.count)
    }
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {}

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    guard let partials else { preconditionFailure("the weights do not learn") }
    let first = partials + filter * inputs
    gradient.update(from: first, count: inputs)
    for part in 1..<max(schedule.parts, 1) {
      addRows(of: first + part * geometry.weightCount, rows: 1, columns: inputs, to: gradient)
    }
  }
}
