import Kernels

/// Convolution in which each channel has a filter of its own, taps for all channels at once: bound by memory, so an
/// image is gone through as it stands.
package final class DepthwiseConvolution: ConvolutionAlgorithm {
  private let geometry: ConvolutionGeometry
  private let use: ConvolutionUse
  private let window: Window
  /// Taps × channels.
  private let taps: FloatBuffer
  private var biases: UnsafePointer<Float>?

  /// `nil` for a shape that is not served.
  package init?(_ geometry: ConvolutionGeometry, _ use: ConvolutionUse) {
    guard geometry.groups > 1, geometry.groupInputs == 1, geometry.groupOutputs == 1,
      geometry.kernel <= Window.largestDepthwiseKernel
    else { return nil }
    self.geometry = geometry
    self.use = use
    window = geometry.window
    taps = FloatBuffer(count: geometry.weightCount)
    use.scratch.reserve(2 * (geometry.fanIn + 15))
    if use.learns {
      let parts = BlockSchedule.chunks(images: use.maximumBatch, blockImages: 1).parts
      use.scratch.reserveShared(parts * geometry.weightCount)
    }
  }

  /// Sums of weight gradients, taps × channels for each part of a batch.
  private var partials: Floats? { use.learns ? use.scratch.shared : nil }

  package var blockImages: Int { 1 }

  package func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool
  ) {
    self.biases = biases
    if isAgain { return }
    transpose(weights, into: taps.start, rows: geometry.groups, columns: geometry.fanIn)
  }

  package func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool) {}

  package func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, finish: OutputFinish,
    scratch: Floats
  ) {
    for image in 0..<images {
      let values = output + image * geometry.output.count
      var own = finish
      own.added = nil
      if finish.added != nil { own.rectification = .none }
      window.depthwise(
        input + image * geometry.input.count, taps: taps.start, biases: biases, finish: own,
        into: values)
      guard finish.added != nil else { continue }
      var rest = OutputFinish(rectification: finish.rectification)
      rest.added = finish.from(image * geometry.output.count).added
      rest.apply(
        to: values, into: values, rows: geometry.output.count / geometry.groups,
        channels: geometry.groups)
    }
  }

  package func schedule(images: Int) -> BlockSchedule { .chunks(images: images, blockImages: 1) }

  package func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats
  ) {
    for image in 0..<block.images.count {
      let gradient = outputGradient + image * geometry.output.count
      if let partials {
        let sums = partials + block.part * geometry.weightCount
        if block.isFirstOfPart && image == 0 {
          sums.update(repeating: 0, count: geometry.weightCount)
        }
        window.addDepthwiseTapGradients(
          gradient, input: input + image * geometry.input.count, to: sums)
      }
      if let inputGradient {
        window.depthwiseGradient(
          gradient, taps: taps.start, into: inputGradient + image * geometry.input.count)
      }
    }
  }

  package func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool) {}

  package func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats
  ) {
    guard let partials else { preconditionFailure("the weights do not learn") }
    for tap in 0..<geometry.fanIn {
      var sum: Float = 0
      for part in 0..<schedule.parts {
        sum += partials[part * geometry.weightCount + tap * geometry.groups + filter]
      }
      gradient[tap] = sum
    }
  }
}
