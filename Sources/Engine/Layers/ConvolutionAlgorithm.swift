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

/// One way to compute a convolution, image by image, without its biases.
///
/// Weights stand as filters × kernel rows × kernel columns × channels of a group; images as height ×
/// width × channels. An algorithm may keep a transformed copy of the weights, made by `prepare`. It is
/// chosen by shape alone, never by load or threads, since algorithms differ in their last bits.
package protocol ConvolutionAlgorithm: AnyObject {
  /// The floats of scratch memory that one worker needs.
  var scratchCount: Int { get }
  /// The floats of one partial sum of weight gradients.
  var partialCount: Int { get }

  /// Takes up the weights, before the images of a pass.
  func prepare(weights: Floats, on pool: ThreadPool)
  /// output ← weights ∗ input
  func forward(_ input: Floats, into output: Floats, scratch: Floats)
  /// The gradients of one image, each if wanted: `inputGradient` is overwritten; `partial` is, or (when
  /// accumulating) is added to.
  func backward(
    _ outputGradient: Floats, input: Floats, inputGradient: Floats?, partial: Floats?,
    accumulating: Bool, scratch: Floats)
  /// Moves the weights by the sum of the partial gradients, which lie one after the other.
  func move(
    _ weights: Parameter, partials: Floats, parts: Int, by step: SolverStep, on pool: ThreadPool)
}

extension ConvolutionGeometry {
  /// The fastest algorithm that serves the shape.
  package func makeAlgorithm() -> any ConvolutionAlgorithm { LoweredConvolution(self) }
}
