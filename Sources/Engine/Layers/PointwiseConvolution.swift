import Kernels

/// Convolution with windows of a single pixel, as products of some pixels at a time, which are packed into cache. With a
/// stride, most pixels are not read.
package final class PointwiseConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let weights: ProductWeights
  package let blockImages: Int
  /// Pixels of the output that are computed together, with a stride whole rows of them.
  private let tilePixels: Int

  /// Pixels of a block, so that several small images make a tile.
  private static let blockPixels = 256
  private static let mostImages = 16
  /// Floats of a tile's inputs and outputs together, which should stay in the second-level cache, and the fewest and most
  /// pixels.
  private static let tileFloats = 128 << 10
  private static let fewestPixels = 56
  private static let mostPixels = 448

  /// `nil` for an unsupported shape.
  package init?(_ geometry: ConvolutionGeometry, _ use: ConvolutionUse) {
    guard geometry.kernel == 1, geometry.padding == 0, geometry.groups == 1 else { return nil }
    self.geometry = geometry
    let places = geometry.output.height * geometry.output.width
    blockImages = min(
      max(PointwiseConvolution.blockPixels / places, 1), PointwiseConvolution.mostImages)
    weights = ProductWeights(
      inputs: geometry.input.channels, filters: geometry.output.channels,
      blockImages: blockImages, use)
    let products = weights.products
    let wanted = min(
      max(
        PointwiseConvolution.tileFloats / (products.inputs + products.filters),
        PointwiseConvolution.fewestPixels), PointwiseConvolution.mostPixels)
    // Tiles of equal size.
    let unit = geometry.stride == 1 ? 1 : geometry.output.width
    let units = blockImages * places / unit
    let tiles = (blockImages * places + wanted - 1) / wanted
    tilePixels = (units + tiles - 1) / tiles * unit
    use.scratch.reserve(
      max(
        PointwiseProducts.blockedCount(pixels: tilePixels, channels: products.inputs)
          + PointwiseProducts.blockedCount(pixels: tilePixels, channels: products.filters),
        2 * geometry.fanIn + 32))
  }

  private var products: PointwiseProducts { weights.products }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    self.weights.prepare(weights, biases: biases, isAgain: isAgain, on: pool)
  }

  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {
    self.weights.prepareBackward(weights, on: pool)
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
        scratch, first: 0, count: tile.count, of: tile.count, weights: weights.forward,
        biases: weights.biases, finish: finish.from(tile.lowerBound * filters), into: values,
        stride: filters)
    }
  }

  package func schedule(images: Int) -> BlockSchedule { weights.schedule(images: images) }

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
      if let inputGradient, let backward = weights.backward {
        forEachRun(of: tile) { run, pixel in
          products.inputGradient(
            scratch, first: run.lowerBound, count: run.count, of: tile.count,
            weights: backward, into: inputGradient + pixel * products.inputs,
            stride: geometry.stride * products.inputs)
        }
      }
      guard let sums = weights.gradients(ofPart: block.part) else { return }
      let pixels =
        scratch + PointwiseProducts.blockedCount(pixels: tile.count, channels: filters)
      pack(input, tile, into: pixels)
      products.weightGradient(
        scratch, pixels, pixels: tile.count, into: sums,
        accumulating: !block.isFirstOfPart || tile.lowerBound > 0)
    }
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {}

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    weights.gradient(ofFilter: filter, schedule: schedule, into: gradient)
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
