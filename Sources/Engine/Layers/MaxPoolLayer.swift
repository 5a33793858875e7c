import Basics
import Definitions
import Kernels

/// The maximum of each window. Of equal values, the first one (row by row) receives the gradient.
package final class MaxPoolLayer: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  private let window: Window
  /// The position of each output value in its window; allocated if there is a backward pass.
  private let chosen: AlignedBuffer<UInt16>?
  /// Whether the layer stops the gradient in place of a rectifier below. The maximum of a window is positive where
  /// the output is, there are fewer outputs than inputs to check, and the inputs need not be kept.
  private var stopsGradient = false

  /// - Throws: `DiagnosticError` for a window whose positions cannot be recorded.
  package init(_ settings: MaxPool, _ setup: LayerSetup) throws {
    let pooling = settings.pooling
    guard pooling.kernel <= Window.largestMaxPoolKernel else {
      throw DiagnosticError(
        "max-pool windows have at most \(Window.largestMaxPoolKernel) rows, not \(pooling.kernel)")
    }
    input = setup.input
    output = Blob(shape: setup.outputShape)
    window = Window(pooling, input: setup.input.shape, output: setup.outputShape)
    chosen =
      setup.hasBackward
      ? AlignedBuffer(count: setup.maximumBatch * setup.outputShape.count) : nil
  }

  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { stopsGradient }

  package func fuse(with below: (any Layer)?) {
    guard let rectifier = below as? RectifierLayer else { return }
    rectifier.hasGradientAbove = true
    stopsGradient = true
    output.mustKeepSigns = true
  }

  package func forward(_ place: Place, in pass: Pass) {
    window.maxPool(
      input.values(place), into: output.values(place),
      chosen: pass.mode == .training ? positions(place) : nil)
  }

  package func backward(_ place: Place, in pass: Pass) {
    guard let chosen = positions(place) else { preconditionFailure("no backward pass was set up") }
    if stopsGradient {
      rectifyGradient(
        output.gradient(place), output: output.values(place), count: output.shape.count)
    }
    window.maxPoolGradient(output.gradient(place), chosen: chosen, into: input.gradient(place))
  }

  private func positions(_ place: Place) -> UnsafeMutablePointer<UInt16>? {
    chosen.map { $0.start + place.image * output.shape.count }
  }
}

extension Window {
  /// The window of a pooling.
  init(_ pooling: Pooling, input: Shape, output: Shape) {
    self.init(
      height: input.height, width: input.width, channels: input.channels, kernel: pooling.kernel,
      stride: pooling.stride, padding: pooling.padding, outputHeight: output.height,
      outputWidth: output.width)
  }
}
