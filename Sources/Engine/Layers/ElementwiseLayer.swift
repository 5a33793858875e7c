import Definitions
import Kernels

/// A function of single values whose gradient follows from what it gives.
package protocol ElementwiseFunction: OperationSettings {
  /// Whether what is positive stays so, and nothing else becomes so.
  var keepsSigns: Bool { get }
  /// What a batch norm below does in its place.
  var rectification: Rectification { get }
  /// x ← f(x)
  func apply(to values: Floats, count: Int)
  /// dy ← dy · f′(x), from y = f(x).
  func applyGradient(to gradient: Floats, output: UnsafePointer<Float>, count: Int)
}

extension ElementwiseFunction {
  package var rectification: Rectification { .none }
}

/// y = f(x), in place where nothing else needs x.
package final class ElementwiseLayer<Settings: ElementwiseFunction>: ImageLayer, OperationLayer {
  package let input: Blob
  package let output: Blob
  private let function: Settings
  /// Whether the batch norm below does it all.
  private var isDoneBelow = false

  package init(_ settings: Settings, _ setup: LayerSetup) {
    function = settings
    input = setup.input
    let isInPlace =
      setup.ownsInput && !setup.input.mustKeepValues
      && (settings.keepsSigns || !setup.input.mustKeepSigns)
    output = isInPlace ? setup.input : Blob(shape: setup.outputShape)
    output.mustKeepValues = true
  }

  package var looksAtInput: Bool { false }
  package var looksAtOutput: Bool { !isDoneBelow }
  package var computesAgain: Bool { isDoneBelow && output === input }

  package func fuse(with below: (any Layer)?) {
    guard function.rectification != .none, let norm = below as? BatchNormLayer else { return }
    norm.rectification = function.rectification
    isDoneBelow = true
  }

  package func forward(_ place: Place, in pass: Pass) {
    let values = output.values(place)
    if output !== input { values.update(from: input.values(place), count: input.shape.count) }
    if isDoneBelow { return }
    function.apply(to: values, count: input.shape.count)
  }

  package func backward(_ place: Place, in pass: Pass) {
    let gradient = input.gradient(place)
    let count = input.shape.count
    if output !== input { gradient.update(from: output.gradient(place), count: count) }
    if isDoneBelow { return }
    function.applyGradient(to: gradient, output: output.values(place), count: count)
  }
}

extension HyperbolicTangent: ElementwiseFunction {
  package var keepsSigns: Bool { true }

  package func apply(to values: Floats, count: Int) {
    for index in 0..<count { values[index] = ElementaryFunctions.tanh(values[index]) }
  }

  /// dx = dy · (1 − y²)
  package func applyGradient(to gradient: Floats, output: UnsafePointer<Float>, count: Int) {
    for index in 0..<count { gradient[index] *= 1 - output[index] * output[index] }
  }
}

extension Rectifier6: ElementwiseFunction {
  package var keepsSigns: Bool { true }
  package var rectification: Rectification { .clipped(limit: 6) }

  package func apply(to values: Floats, count: Int) { clip(values, count: count, limit: 6) }

  package func applyGradient(to gradient: Floats, output: UnsafePointer<Float>, count: Int) {
    clipGradient(gradient, output: output, count: count, limit: 6)
  }
}

extension LeakyRectifier: ElementwiseFunction {
  package var keepsSigns: Bool { true }

  package func apply(to values: Floats, count: Int) {
    leak(values, count: count, slope: Float(slope))
  }

  /// The slope is positive, so the output's sign is the input's.
  package func applyGradient(to gradient: Floats, output: UnsafePointer<Float>, count: Int) {
    leakGradient(gradient, output: output, count: count, slope: Float(slope))
  }
}

extension Sigmoid: ElementwiseFunction {
  package var keepsSigns: Bool { false }

  package func apply(to values: Floats, count: Int) { sigmoid(values, into: values, count: count) }

  /// dx = dy · y · (1 − y)
  package func applyGradient(to gradient: Floats, output: UnsafePointer<Float>, count: Int) {
    sigmoidGradient(gradient, output: output, count: count)
  }
}
