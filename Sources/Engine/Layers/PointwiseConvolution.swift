import Kernels

/// Convolution with windows of a single pixel, as products of some pixels at a time, which are packed into cache. With a
/// stride, most pixels are not read.
package final class PointwiseConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let use: ConvolutionUse
  private let products: PointwiseProducts
  package let blockImages: Int
  /// Pixels of the output that are computed together, with a stride whole rows of them.
  private let tilePixels: Int
  /// Packed weights, where they are frozen; of what learns they are in the shared scratch.
  private let frozenWeights: FloatBuffer?
  private var biases: UnsafePointer<Float>?

  /// Pixels of a block, so that several small images make a tile.
  private static let blockPixels = 256
  private static let mostImages = 16
  /// Floats of a tile's inputs and outputs together, which should stay in the second-level cache, and the fewest and most
  /// pixels.
  private static let tileFloats = 128 << 10
  private static let fewestPixels = 56
  private static let mostPixels = 448
  /// What the sums of weight gradients may take, all parts of a batch together, beyond the fewest parts.
  private static let sumBytes = 16 << 20
  private static let fewestParts = 4

  /// `nil` for an unsupported shape.
  package init?(_ geometry: ConvolutionGeometry, _ use: ConvolutionUse) {
    guard geometry.kernel == 1, geometry.padding == 0, geometry.groups == 1 else { return nil }
    self.geometry = geometry
    self.use = use
    products = PointwiseProducts(
      inputs: geometry.input.channels, filters: geometry.output.channels, level: use.level)
    let places = geometry.output.height * geometry.output.width
    blockImages = min(
      max(PointwiseConvolution.blockPixels / places, 1), PointwiseConvolution.mostImages)
    let wanted = min(
      max(
        PointwiseConvolution.tileFloats / (products.inputs + products.filters),
        PointwiseConvolution.fewestPixels), PointwiseConvolution.mostPixels)
    // Tiles of equal size.
    let unit = geometry.stride == 1 ? 1 : geometry.output.width
    let units = blockImages * places / unit
    let tiles = (blockImages * places + wanted - 1) / wanted
    tilePixels = (units + tiles - 1) / tiles * unit
    frozenWeights = use.learns ? nil : FloatBuffer(count: products.forwardCount)
    use.scratch.reserve(
      max(
        PointwiseProducts.blockedCount(pixels: tilePixels, channels: products.inputs)
          + PointwiseProducts.blockedCount(pixels: tilePixels, channels: products.filters),
        2 * geometry.fanIn + 32))
    use.scratch.reserveShared(use.learns ? products.forwardCount : 0)
    use.scratch.reserveShared(
      (use.propagates ? products.backwardCount : 0)
        + (use.learns ? schedule(images: use.maximumBatch).parts * gradientCount : 0))
  }

  private var gradientCount: Int { products.filters * products.gradientStride }

  // What stands in the shared scratch: forward, the weights; backward, the weights, and their gradients by part.
  private var forwardWeights: Floats { frozenWeights?.start ?? use.scratch.shared }
  private var backwardWeights: Floats? { use.propagates ? use.scratch.shared : nil }
  private var partials: Floats? {
    use.learns ? use.scratch.shared + (use.propagates ? products.backwardCount : 0) : nil
  }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    self.biases = biases
    if isAgain && frozenWeights != nil { return }
    let panels = forwardWeights
    pool.run(products.filterPanels) { panel, _ in
      products.packForward(weights, panel: panel, into: panels)
    }
  }

  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {
    guard let panels = backwardWeights else { return }
    pool.run(products.inputPanels) { panel, _ in
      products.packBackward(weights, panel: panel, into: panels)
    }
  }

  package func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, finish: OutputFinish,
    scratch: Floats
  ) {
    let filters = products.filters
    forEachTile(images: images) { tile in
      pack(input, tile, into: scratch)
      let values = output + tile.lowerBound * filters
      products.forward(
        scratch, first: 0, count: tile.count, of: tile.count, weights: forwardWeights,
        biases: biases, finish: finish.from(tile.lowerBound * filters), into: values,
        stride: filters)
    }
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
    let filters = products.filters
    if let inputGradient, geometry.stride > 1 {
      inputGradient.update(repeating: 0, count: block.images.count * geometry.input.count)
    }
    forEachTile(images: block.images.count) { tile in
      PointwiseProducts.pack(
        outputGradient + tile.lowerBound * filters, stride: filters, count: tile.count,
        channels: filters, into: scratch, first: 0, of: tile.count)
      if let inputGradient, let backwardWeights {
        forEachRun(of: tile) { run, pixel in
          products.inputGradient(
            scratch, first: run.lowerBound, count: run.count, of: tile.count,
            weights: backwardWeights, into: inputGradient + pixel * products.inputs,
            stride: geometry.stride * products.inputs)
        }
      }
      guard let partials else { return }
      let pixels =
        scratch + PointwiseProducts.blockedCount(pixels: tile.count, channels: filters)
      pack(input, tile, into: pixels)
      products.weightGradient(
        scratch, pixels, pixels: tile.count, into: partials + block.part * gradientCount,
        accumulating: !block.isFirstOfPart || tile.lowerBound > 0)
    }
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {}

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    guard let partials else { preconditionFailure("the weights do not learn") }
    let first = partials + filter * products.gradientStride
    gradient.update(from: first, count: products.inputs)
    for part in 1..<max(schedule.parts, 1) {
      addRows(of: first + part * gradientCount, rows: 1, columns: products.inputs, to: gradient)
    }
  }
}

extension PointwiseConvolution {
  /// Calls `body` with the pixels of the output of each tile, counted through the images.
  private func forEachTile(images: Int, _ body: (Range<Int>) -> Void) {
    let pixels = images * geometry.output.height * geometry.output.width
    for first in stride(from: 0, to: pixels, by: tilePixels) {
      body(first..<min(first + tilePixels, pixels))
    }
  }

  /// Calls `body` with the positions in a tile of pixels that lie equally far apart in the input, and the first of them
  /// there.
  private func forEachRun(of tile: Range<Int>, _ body: (Range<Int>, Int) -> Void) {
    guard geometry.stride > 1 else { return body(0..<tile.count, tile.lowerBound) }
    let width = geometry.output.width
    for row in tile.lowerBound / width..<tile.upperBound / width {
      let (image, y) = row.quotientAndRemainder(dividingBy: geometry.output.height)
      let start = row * width - tile.lowerBound
      body(
        start..<start + width,
        (image * geometry.input.height + y * geometry.stride) * geometry.input.width)
    }
  }

  /// The inputs of a tile, in blocks.
  private func pack(_ input: UnsafePointer<Float>, _ tile: Range<Int>, into blocks: Floats) {
    forEachRun(of: tile) { run, pixel in
      PointwiseProducts.pack(
        input + pixel * products.inputs, stride: geometry.stride * products.inputs,
        count: run.count, channels: products.inputs, into: blocks, first: run.lowerBound,
        of: tile.count)
    }
  }
}
