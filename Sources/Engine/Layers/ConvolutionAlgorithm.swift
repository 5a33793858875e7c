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

  /// Input channels and filters of one group.
  package var groupInputs: Int { input.channels / groups }
  package var groupOutputs: Int { output.channels / groups }
  /// The inputs that one output value sums over.
  package var fanIn: Int { kernel * kernel * groupInputs }
  package var weightCount: Int { output.channels * fanIn }
}

/// What a convolution's memory is made for.
package struct ConvolutionUse {
  package var maximumBatch: Int
  /// Whether gradients of the weights are wanted.
  package var learns: Bool
  /// Whether gradients of the input are wanted.
  package var propagates: Bool
  package var scratch: Scratch
  /// The instructions to use.
  package var level: KernelLevel

  package init(
    maximumBatch: Int, learns: Bool, propagates: Bool, scratch: Scratch,
    level: KernelLevel = .current
  ) {
    self.maximumBatch = maximumBatch
    self.learns = learns
    self.propagates = propagates
    self.scratch = scratch
    self.level = level
  }

  package init(_ setup: LayerSetup) {
    self.init(
      maximumBatch: setup.maximumBatch, learns: setup.parameters[0].learns,
      propagates: setup.propagates, scratch: setup.scratch, level: setup.level)
  }
}

/// One way to compute a convolution, a block of images at a time.
///
/// Weights stand as filters × kernel rows × kernel columns × channels of a group; images as height ×
/// width × channels. An algorithm may keep a transformed copy of the weights, made by `prepare`, and
/// its own form of their gradient. It is chosen by shape alone, never by load or threads, since
/// algorithms differ in their last bits. What it makes of an image does not depend on the
/// image's place in its batch.
package protocol ConvolutionAlgorithm: AnyObject {
  /// Images that are best computed together.
  var blockImages: Int { get }

  /// Takes up weights and biases.
  ///
  /// - Parameter propagates: whether `backward` will be asked for gradients of the input.
  func prepare(
    weights: UnsafePointer<Float>, biases: UnsafePointer<Float>?, propagates: Bool,
    on pool: ThreadPool)
  /// output ← weights ∗ input + biases, negative values becoming 0 if `rectifies`.
  func forward(
    _ input: UnsafePointer<Float>, into output: Floats, images: Int, rectifies: Bool,
    scratch: Floats)

  /// How a batch is divided going backward.
  func schedule(images: Int) -> BlockSchedule
  /// The gradients of a block: `inputGradient`, if wanted, is overwritten; what the gradient of the
  /// weights needs is summed, or kept for `finish`.
  func backward(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, inputGradient: Floats?,
    block: Block, scratch: Floats)
  /// Sums what the blocks of a round have kept.
  func finish(round: Int, of schedule: BlockSchedule, on pool: ThreadPool)
  /// The gradient of one filter's weights, once all rounds are finished. `gradient` has room for them and
  /// `scratch` is memory of its own.
  func gradient(
    ofFilter filter: Int, schedule: BlockSchedule, into gradient: Floats, scratch: Floats)
}

extension ConvolutionGeometry {
  /// The fastest algorithm that serves the shape.
  ///
  /// - Throws: `DiagnosticError` where it needs OpenBLAS, which cannot be used.
  package func makeAlgorithm(_ use: ConvolutionUse) throws -> any ConvolutionAlgorithm {
    if let winograd = WinogradConvolution(self, use) { return winograd }
    if let rearranged = SpaceToDepthConvolution(self, use) { return rearranged }
    return try LoweredConvolution(self, use)
  }
}
