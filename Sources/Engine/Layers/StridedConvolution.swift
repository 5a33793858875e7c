import Kernels

/// Strided convolution as products of some windows at a time, which are packed into cache, for windows of at most two strides:
/// they overlap so little that other ways save too few multiplications.
package final class StridedConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let weights: ProductWeights
  private let window: Window
  package let blockImages: Int
  /// Rows of the output that are computed together.
  private let tileRows: Int

  /// Locations of a block, so that several small images make a tile.
  private static let blockPlaces = 256
  private static let mostImages = 16
  /// Floats of a tile's windows and outputs together, and the fewest and most locations: with few, products spend too long on
  /// reading large weights.
  private static let tileFloats = 192 << 10
  private static let fewestPlaces = 64
  private static let fewestPlacesForLargeWeights = 256
  private static let mostPlaces = 448
  private static let largeWeightBytes = 1 << 20

  /// `nil` for an unsupported shape.
  package init?(_ geometry: ConvolutionGeometry, _ use: ConvolutionUse) {
    guard geometry.groups == 1, geometry.stride > 1, geometry.kernel > 1,
      geometry.kernel <= 2 * geometry.stride
    else { return nil }
    self.geometry = geometry
    window = geometry.window
    let (height, width) = (geometry.output.height, geometry.output.width)
    blockImages = min(
      max(StridedConvolution.blockPlaces / (height * width), 1), StridedConvolution.mostImages)
    weights = ProductWeights(
      inputs: geometry.fanIn, filters: geometry.output.channels, blockImages: blockImages, use)
    let products = weights.products
    let isLarge =
      geometry.weightCount * MemoryLayout<Float>.stride > StridedConvolution.largeWeightBytes
    let wanted = min(
      max(
        StridedConvolution.tileFloats / (products.inputs + products.filters),
        isLarge
          ? StridedConvolution.fewestPlacesForLargeWeights : StridedConvolution.fewestPlaces),
      StridedConvolution.mostPlaces)
    // Tiles of equal size.
    let rows = blockImages * height
    let tiles = (rows * width + wanted - 1) / wanted
    tileRows = (rows + tiles - 1) / tiles
    use.scratch.reserve(
      max(windowCount + max(loweredCount, outputCount + loweredCount), 2 * geometry.fanIn + 32))
  }

  private var tilePlaces: Int { tileRows * geometry.output.width }
  private var products: PointwiseProducts { weights.products }

  // What stands in a worker's scratch: windows in blocks; gradients of the output in blocks; windows as rows.
  private var windowCount: Int {
    PointwiseProducts.blockedCount(pixels: tilePlaces, channels: products.inputs)
  }
  private var outputCount: Int {
    PointwiseProducts.blockedCount(pixels: tilePlaces, channels: products.filters)
  }
  private var loweredCount: Int { (tilePlaces * geometry.fanIn + 15) / 16 * 16 }

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
      pack(input, tile, into: scratch, by: scratch + windowCount)
      let count = tile.count * geometry.output.width
      let first = tile.lowerBound * geometry.output.width * filters
      products.forward(
        scratch, first: 0, count: count, of: count, weights: weights.forward,
        biases: weights.biases,
        finish: finish.from(first), into: output + first, stride: filters)
    }
  }

  package func schedule(images: Int) -> BlockSchedule { weights.schedule(images: images) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    let filters = products.filters
    let gradients = scratch + windowCount
    let lowered = gradients + outputCount
    inputGradient?.update(repeating: 0, count: block.images.count * geometry.input.count)
    forEachTile(images: block.images.count) { tile in
      let count = tile.count * geometry.output.width
      PointwiseProducts.pack(
        outputGradient + tile.lowerBound * geometry.output.width * filters, stride: filters,
        count: count, channels: filters, into: gradients, first: 0, of: count)
      if let inputGradient, let backward = weights.backward {
        products.inputGradient(
          gradients, first: 0, count: count, of: count, weights: backward, into: lowered,
          stride: geometry.fanIn)
        forEachImage(of: tile) { image, rows, place in
          window.raise(
            lowered + place * geometry.fanIn, channels: 0..<geometry.input.channels, rows: rows,
            into: inputGradient + image * geometry.input.count)
        }
      }
      guard let sums = weights.gradients(ofPart: block.part) else { return }
      pack(input, tile, into: scratch, by: lowered)
      products.weightGradient(
        gradients, scratch, pixels: count, into: sums,
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

extension StridedConvolution {
  /// Calls `body` with the rows of the output of each tile, counted through the images.
  private func forEachTile(images: Int, _ body: (Range<Int>) -> Void) {
    let rows = images * geometry.output.height
    for first in stride(from: 0, to: rows, by: tileRows) {
      body(first..<min(first + tileRows, rows))
    }
  }

  /// Calls `body` with the images of a tile, their rows, and the first of their locations in it.
  private func forEachImage(of tile: Range<Int>, _ body: (Int, Range<Int>, Int) -> Void) {
    let height = geometry.output.height
    var row = tile.lowerBound
    while row < tile.upperBound {
      let image = row / height
      let end = min((image + 1) * height, tile.upperBound)
      body(
        image, row - image * height..<end - image * height,
        (row - tile.lowerBound) * geometry.output.width)
      row = end
    }
  }

  /// The windows of a tile, in blocks; those whose channels do not fill blocks are made rows first.
  private func pack(
    _ input: UnsafePointer<Float>, _ tile: Range<Int>, into blocks: Floats, by lowered: Floats
  ) {
    let count = tile.count * geometry.output.width
    let channels = geometry.input.channels
    let fillsBlocks = channels % 16 == 0
    forEachImage(of: tile) { image, rows, place in
      let values = input + image * geometry.input.count
      if fillsBlocks {
        window.lowerBlocks(values, rows: rows, into: blocks, first: place, of: count)
      } else {
        window.lower(
          values, channels: 0..<channels, rows: rows, into: lowered + place * geometry.fanIn)
      }
    }
    if fillsBlocks { return }
    PointwiseProducts.pack(
      lowered, stride: geometry.fanIn, count: count, channels: geometry.fanIn, into: blocks,
      first: 0, of: count)
  }
}
