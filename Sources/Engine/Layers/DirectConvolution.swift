import Definitions
import Kernels

/// Convolution of images with few channels, such as the first of a network, by products of windows where they stand: 16 channels
/// to a vector, as other ways have, would mostly be zeros.
package final class DirectConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let use: ConvolutionUse
  private let window: Window
  private let products: WindowProducts
  private let weights: ProductWeights

  /// `nil` for a shape that is not served.
  package init?(_ geometry: ConvolutionGeometry, _ use: ConvolutionUse) {
    guard geometry.groups == 1,
      Convolution.isDirect(channels: geometry.input.channels, kernel: geometry.kernel),
      Convolution.fillsVectors(geometry.output.channels)
    else { return nil }
    self.geometry = geometry
    self.use = use
    window = geometry.window
    products = WindowProducts(window, filters: geometry.output.channels, level: use.level)
    weights = ProductWeights(
      inputs: geometry.fanIn, filters: geometry.output.channels, blockImages: 1, use)
    use.scratch.reserve(
      max(products.paddedCount, gradientCount + loweredCount, 2 * geometry.fanIn + 32))
  }

  // What stands in a worker's scratch for the gradient of the input: a row of the output's, in blocks, and of windows.
  private var gradientCount: Int {
    PointwiseProducts.blockedCount(
      pixels: geometry.output.width, channels: geometry.output.channels)
  }
  private var loweredCount: Int { geometry.output.width * geometry.fanIn }

  package var blockImages: Int { 1 }

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
    for image in 0..<images {
      products.pad(input + image * geometry.input.count, into: scratch)
      let first = image * geometry.output.count
      products.forward(
        scratch, weights: weights.forward, biases: weights.biases, finish: finish.from(first),
        into: output + first)
    }
  }

  package func schedule(images: Int) -> BlockSchedule { weights.schedule(images: images) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    for image in 0..<block.images.count {
      let gradient = outputGradient + image * geometry.output.count
      if let inputGradient {
        propagate(gradient, into: inputGradient + image * geometry.input.count, scratch)
      }
      guard let sums = weights.gradients(ofPart: block.part) else { continue }
      if block.isFirstOfPart && image == 0 {
        sums.update(repeating: 0, count: geometry.weightCount)
      }
      products.pad(input + image * geometry.input.count, into: scratch)
      products.addWeightGradient(gradient, scratch, to: sums)
    }
  }

  /// The gradient of an image, by rows of windows.
  private func propagate(
    _ gradient: UnsafePointer<Float>, into inputGradient: Floats, _ scratch: Floats
  ) {
    guard let panels = weights.backward else { preconditionFailure("the input has no gradient") }
    let (width, filters) = (geometry.output.width, geometry.output.channels)
    let lowered = scratch + gradientCount
    inputGradient.update(repeating: 0, count: geometry.input.count)
    for row in 0..<geometry.output.height {
      PointwiseProducts.pack(
        gradient + row * width * filters, stride: filters, count: width, channels: filters,
        into: scratch, first: 0, of: width)
      weights.products.inputGradient(
        scratch, first: 0, count: width, of: width, weights: panels, into: lowered,
        stride: geometry.fanIn)
      window.raise(
        lowered, channels: 0..<geometry.input.channels, rows: row..<row + 1, into: inputGradient)
    }
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {}

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    for tap in 0..<geometry.fanIn {
      var sum: Float = 0
      for part in 0..<schedule.parts {
        guard let sums = weights.gradients(ofPart: part) else {
          preconditionFailure("the weights do not learn")
        }
        sum += sums[tap * geometry.output.channels + filter]
      }
      gradient[tap] = sum
    }
  }
}
