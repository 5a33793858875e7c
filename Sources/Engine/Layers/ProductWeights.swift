import Kernels

/// The weights of a convolution by products, packed for the forward and the backward pass, and the sums of their gradients.
///
/// Of what learns they stand in the shared scratch: forward, the weights; backward, the weights, and their gradients by part.
/// Frozen weights are packed once, into memory of their own.
final class ProductWeights {
  let products: PointwiseProducts
  private let use: ConvolutionUse
  private let blockImages: Int
  private let frozen: FloatBuffer?
  private(set) var biases: UnsafePointer<Float>?

  /// What the sums of weight gradients may take, all parts of a batch together, beyond the fewest parts.
  private static let sumBytes = 16 << 20
  private static let fewestParts = 4

  /// Reserves shared scratch.
  ///
  /// - Parameters:
  ///   - inputs: values of a window.
  ///   - blockImages: images of a block.
  init(inputs: Int, filters: Int, blockImages: Int, _ use: ConvolutionUse) {
    self.use = use
    self.blockImages = blockImages
    products = PointwiseProducts(inputs: inputs, filters: filters, level: use.level)
    frozen = use.learns ? nil : FloatBuffer(count: products.forwardCount)
    use.scratch.reserveShared(use.learns ? products.forwardCount : 0)
    use.scratch.reserveShared(
      (use.propagates ? products.backwardCount : 0)
        + (use.learns ? schedule(images: use.maximumBatch).parts * gradientCount : 0))
  }

  private var gradientCount: Int { products.filters * products.gradientStride }
  private var partials: Floats? {
    use.learns ? use.scratch.shared + (use.propagates ? products.backwardCount : 0) : nil
  }

  var forward: Floats { frozen?.start ?? use.scratch.shared }

  /// `nil` where the input has no gradient.
  var backward: Floats? { use.propagates ? use.scratch.shared : nil }

  /// Where the gradients of a part of the batch are summed, `nil` where the weights are frozen.
  func gradients(ofPart part: Int) -> Floats? {
    partials.map { $0 + part * gradientCount }
  }

  func schedule(images: Int) -> BlockSchedule {
    let bytes = products.filters * products.inputs * MemoryLayout<Float>.stride
    return .chunks(
      images: images, blockImages: blockImages,
      most: max(ProductWeights.sumBytes / bytes, ProductWeights.fewestParts))
  }

  func prepare(
    _ weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    self.biases = biases
    if isAgain && frozen != nil { return }
    let panels = forward
    pool.run(products.filterPanels) { panel, _ in
      products.packForward(weights, panel: panel, into: panels)
    }
  }

  func prepareBackward(_ weights: UnsafePointer<Float>, on pool: ThreadPool) {
    guard let panels = backward else { return }
    pool.run(products.inputPanels) { panel, _ in
      products.packBackward(weights, panel: panel, into: panels)
    }
  }

  /// The sum over the parts of the gradients of a filter's weights.
  func gradient(ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats) {
    guard let partials else { preconditionFailure("the weights do not learn") }
    let first = partials + filter * products.gradientStride
    gradient.update(from: first, count: products.inputs)
    for part in 1..<max(schedule.parts, 1) {
      addRows(of: first + part * gradientCount, rows: 1, columns: products.inputs, to: gradient)
    }
  }
}
