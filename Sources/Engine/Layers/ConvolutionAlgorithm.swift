import Definitions
import Kernels

/// The shape of a convolution: everything that the choice of an algorithm may depend on.
package struct ConvolutionGeometry: Hashable, Sendable {
  package var input: Shape
  package var output: Shape
  package var kernel: Int
  package var stride: Int
  package var padding: Int
  package var groups: Int

  package init(_ convolution: Convolution, input: Shape, output: Shape) {
    self.input = input
    self.output = output
    kernel = convolution.kernel
    stride = convolution.stride
    padding = convolution.padding
    groups = convolution.groups
  }

  /// Input channels per group.
  package var groupInputs: Int { input.channels / groups }
  package var groupOutputs: Int { output.channels / groups }
  /// The number of inputs of one output value.
  package var fanIn: Int { kernel * kernel * groupInputs }
  package var weightCount: Int { output.channels * fanIn }

  /// The filters' window over an image.
  var window: Window {
    Window(
      height: input.height, width: input.width, channels: input.channels, kernel: kernel,
      stride: stride, padding: padding, outputHeight: output.height, outputWidth: output.width)
  }
}

/// How a convolution is used, which determines its memory.
package struct ConvolutionUse {
  package var maximumBatch: Int
  /// Whether gradients of the weights are needed.
  package var learns: Bool
  /// Whether gradients of the input are needed.
  package var propagates: Bool
  package var scratch: Scratch
  /// The instruction set.
  package var level: KernelLevel
  package var precision: Precision

  package init(
    maximumBatch: Int, learns: Bool, propagates: Bool, scratch: Scratch,
    level: KernelLevel = .current, precision: Precision = .single
  ) {
    self.maximumBatch = maximumBatch
    self.learns = learns
    self.propagates = propagates
    self.scratch = scratch
    self.level = level
    self.precision = precision
  }

  package init(_ setup: LayerSetup) {
    self.init(
      maximumBatch: setup.maximumBatch, learns: setup.parameters[0].learns,
      propagates: setup.propagates, scratch: setup.scratch, level: setup.level,
      precision: setup.precision)
  }
}

/// One way to compute a convolution, a block of images at a time.
///
/// Weights have the layout filters × kernel rows × kernel columns × channels per group; images have height × width ×
/// channels. An algorithm may keep a transformed copy of the weights, created by `prepare`, and its own form of their
/// gradient. It is chosen by shape only, never by load or threads, since algorithms differ in their last bits. Its
/// result for an image does not depend on the image's position in the batch.
package protocol ConvolutionAlgorithm: AnyObject {
  /// The best number of images to compute together.
  var blockImages: Int { get }

  /// Takes up weights and biases, before the blocks of a forward pass.
  ///
  /// - Parameter isAgain: whether they are those of the last time.
  func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, isAgain: Bool,
    on pool: ThreadPool)
  /// Takes up the weights again, before the blocks of a backward pass; the shared scratch has served others meanwhile.
  func prepareBackward(weights: UnsafePointer<Float>, on pool: ThreadPool)
  /// output ← weights ∗ input + biases, finished.
  func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, finish: OutputFinish,
    scratch: Floats)

  /// The division of a batch for the backward pass.
  func schedule(images: Int) -> BlockSchedule
  /// The gradients of a block: `inputGradient`, if needed, is overwritten; the contributions to the gradient of the
  /// weights are summed, or kept for `finish`.
  func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats)
  /// Sums the contributions kept by the blocks of a round.
  func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool)
  /// The gradient of one filter's weights, once all rounds are finished. `gradient` has room for it; `scratch` is
  /// exclusive memory.
  func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats)
}

extension ConvolutionGeometry {
  /// The fastest algorithm that supports the shape.
  ///
  /// - Throws: `DiagnosticError` if it requires OpenBLAS, which cannot be used.
  package func makeAlgorithm(_ use: ConvolutionUse) throws -> any ConvolutionAlgorithm {
    if let depthwise = DepthwiseConvolution(self, use) { return depthwise }
    if use.precision == .bfloat16 {
      if let direct = BFloat16Convolution(self, use) { return direct }
      if let rearranged = SpaceToDepthConvolution(self, use) { return rearranged }
    }
    if let pointwise = PointwiseConvolution(self, use) { return pointwise }
    if let direct = DirectConvolution(self, use) { return direct }
    if let winograd = WinogradConvolution(self, use) { return winograd }
    if let rearranged = SpaceToDepthConvolution(self, use) { return rearranged }
    if let strided = StridedConvolution(self, use) { return strided }
    return try LoweredConvolution(self, use)
  }
}
